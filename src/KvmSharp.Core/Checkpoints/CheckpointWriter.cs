using System;
using System.Buffers;
using System.Buffers.Binary;
using System.IO;
using KvmSharp.Addresses;
using static KvmSharp.Checkpoints.CheckpointFormat;

namespace KvmSharp.Checkpoints;

/// <summary>Writes one checkpoint to a stream.</summary>
/// <param name="stream">Where to; written in order.</param>
sealed class CheckpointWriter(Stream stream)
{
    readonly ArrayBufferWriter<byte> _payload = new(64 << 10);
    uint _number;

    internal void Write(Checkpoint checkpoint)
    {
        WritePreamble();
        WriteHead(checkpoint);
        WriteSlots(checkpoint);
        var pages = new PageBatch(this, checkpoint.Image);
        foreach ((ulong page, ulong count) in checkpoint.Image.Present)
            pages.Add(page, count);
        pages.Flush();
        Put(pages.FilledPages);
        Put(pages.ZeroPages);
        WriteSection(CheckpointSection.End);
        stream.Flush();
    }

    void WritePreamble()
    {
        Span<byte> preamble = stackalloc byte[PreambleBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(preamble, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(preamble[sizeof(ulong)..], CheckpointFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(preamble[^sizeof(uint)..], Checksum(preamble[..^sizeof(uint)]));
        stream.Write(preamble);
    }

    void WriteHead(Checkpoint checkpoint)
    {
        Put(checkpoint.Id);
        Put(checkpoint.Parent ?? Guid.Empty);
        Put((uint)Page.Size);
        Put((uint)checkpoint.AddressSpaces);
        Put((uint)checkpoint.Slots.Count);
        Put(0U);
        Put(checkpoint.PageCount);
        WriteSection(CheckpointSection.Head);
    }

    void WriteSlots(Checkpoint checkpoint)
    {
        foreach (CheckpointSlot slot in checkpoint.Slots)
        {
            Span<byte> span = _payload.GetSpan(sizeof(ushort) + (2 * sizeof(byte)));
            BinaryPrimitives.WriteUInt16LittleEndian(span, slot.Id.Value);
            span[sizeof(ushort)] = slot.Space.Value;
            span[sizeof(ushort) + 1] = 0;
            _payload.Advance(sizeof(ushort) + (2 * sizeof(byte)));
            Put((uint)slot.Flags);
            Put(slot.Frames.Start.Base.Value);
            Put(slot.Frames.Count);
            Put(slot.ImagePage);
        }
        WriteSection(CheckpointSection.Slots);
    }

    void Put(Guid value)
    {
        value.TryWriteBytes(_payload.GetSpan(GuidBytes));
        _payload.Advance(GuidBytes);
    }

    void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_payload.GetSpan(sizeof(uint)), value);
        _payload.Advance(sizeof(uint));
    }

    void Put(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_payload.GetSpan(sizeof(ulong)), value);
        _payload.Advance(sizeof(ulong));
    }

    void WriteSection(CheckpointSection kind)
    {
        ReadOnlySpan<byte> payload = _payload.WrittenSpan;
        Span<byte> header = stackalloc byte[SectionHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], _number++);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Checksum(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Checksum(header[..20]));
        stream.Write(header);
        stream.Write(payload);
        _payload.ResetWrittenCount();
    }

    /// <summary>Collects pages for a section: their runs first, then the content of those that are not zero.</summary>
    sealed class PageBatch(CheckpointWriter writer, CheckpointImage image)
    {
        readonly (ulong Page, uint Count, uint Kind)[] _runs = new (ulong, uint, uint)[PagesPerSection];
        int _runCount;
        int _pageCount;

        internal ulong FilledPages { get; private set; }

        internal ulong ZeroPages { get; private set; }

        internal void Add(ulong page, ulong count)
        {
            for (; count != 0; page++, count--)
            {
                bool zero = !image.PagesAt(page, 1).ContainsAnyExcept((byte)0);
                Add(page, zero ? ZeroRun : FilledRun);
                FilledPages += zero ? 0UL : 1;
                ZeroPages += zero ? 1UL : 0;
            }
        }

        internal void Flush()
        {
            if (_runCount == 0)
                return;
            writer.Put((uint)_runCount);
            writer.Put(0U);
            foreach ((ulong page, uint count, uint kind) in _runs.AsSpan(0, _runCount))
            {
                writer.Put(page);
                writer.Put(count);
                writer.Put(kind);
            }
            foreach ((ulong page, uint count, uint kind) in _runs.AsSpan(0, _runCount))
            {
                if (kind == FilledRun)
                    writer._payload.Write(image.PagesAt(page, (int)count));
            }
            writer.WriteSection(CheckpointSection.Pages);
            _runCount = 0;
            _pageCount = 0;
        }

        void Add(ulong page, uint kind)
        {
            if (_pageCount == PagesPerSection)
                Flush();
            _pageCount++;
            if (_runCount != 0 && _runs[_runCount - 1] is var last && last.Kind == kind && last.Page + last.Count == page)
                _runs[_runCount - 1].Count++;
            else
                _runs[_runCount++] = (page, 1, kind);
        }
    }
}
