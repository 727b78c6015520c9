using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using static KvmSharp.Checkpoints.CheckpointFormat;

namespace KvmSharp.Checkpoints;

/// <summary>
/// Reads one checkpoint from a stream. Every byte is checked before it is believed: a section's header before its length is,
/// its payload before its content is; and nothing is handed out before the end was found where it belongs.
/// </summary>
/// <param name="stream">Where from; read in order, to its end.</param>
ref struct CheckpointReader(Stream stream)
{
    readonly Stream _stream = stream;
    byte[] _payload = [];
    int _length;

    // Where the payload is read, and where in the stream the current part begins.
    int _at;
    long _position;
    long _partStart;
    uint _number;

    /// <exception cref="CheckpointFileException">The file is no checkpoint, damaged, cut short, or not of this parent.</exception>
    internal Checkpoint Read(Checkpoint? parent)
    {
        ReadPreamble();
        Require(CheckpointSection.Head, NextSection());
        (Guid id, Guid parentId, int spaces, int slotCount, ulong pageCount) = ReadHead();
        if (parentId != (parent?.Id ?? Guid.Empty))
            Fail(parent is null ? $"it says the difference to {parentId}; load that first" : $"its parent is {parentId}, not {parent.Id}");
        if (parent is not null && parent.PageCount != pageCount)
            Fail($"{pageCount} pages, and the parent has {parent.PageCount}");
        Require(CheckpointSection.Slots, NextSection());
        CheckpointSlot[] slots = ReadSlots(slotCount, spaces, pageCount);

        var image = new CheckpointImage(pageCount, parent?.Image);
        try
        {
            ReadPages(image);
            return new Checkpoint(id, parent?.Id, spaces, slots, image);
        }
        catch
        {
            image.Release();
            throw;
        }
    }

    void ReadPreamble()
    {
        Span<byte> preamble = stackalloc byte[PreambleBytes];
        Fill(preamble);
        if (BinaryPrimitives.ReadUInt64LittleEndian(preamble) != Magic)
            Fail("this is no checkpoint of KvmSharp");
        if (BinaryPrimitives.ReadUInt32LittleEndian(preamble[^sizeof(uint)..]) != Checksum(preamble[..^sizeof(uint)]))
            Fail("damaged: the checksum does not fit");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(preamble[sizeof(ulong)..]);
        if (version != CheckpointFormat.Version)
            Fail($"version {version}; this library reads version {CheckpointFormat.Version}");
    }

    (Guid Id, Guid Parent, int Spaces, int SlotCount, ulong PageCount) ReadHead()
    {
        if (_length != HeadBytes)
            Fail($"0x{_length:x} bytes of head");
        var id = new Guid(Take(GuidBytes));
        var parent = new Guid(Take(GuidBytes));
        uint pageSize = TakeUInt32();
        uint spaces = TakeUInt32();
        uint slots = TakeUInt32();
        if (TakeUInt32() != 0)
            Fail("a reserved field is in use");
        ulong pages = TakeUInt64();
        if (pageSize != Page.Size)
            Fail($"pages of 0x{pageSize:x} bytes");
        if (spaces is 0 or > SlotLimits.AddressSpaces)
            Fail($"{spaces} address spaces");
        if (slots > (uint)(MaxPayloadBytes / SlotBytes))
            Fail($"{slots} slots");
        if (pages > int.MaxValue)
            Fail($"0x{pages:x} pages");
        return (id, parent, (int)spaces, (int)slots, pages);
    }

    CheckpointSlot[] ReadSlots(int count, int spaces, ulong pageCount)
    {
        if (_length != count * SlotBytes)
            Fail($"0x{_length:x} bytes for {count} slots");
        var slots = new CheckpointSlot[count];
        foreach (ref CheckpointSlot slot in slots.AsSpan())
        {
            ushort id = BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));
            byte space = Take(1)[0];
            byte zero = Take(1)[0];
            uint flags = TakeUInt32();
            var gpa = new Gpa(TakeUInt64());
            ulong pages = TakeUInt64();
            ulong imagePage = TakeUInt64();
            bool fits = space < spaces && zero == 0 && gpa.IsPageAligned && pages is > 0 and <= int.MaxValue
                && gpa.TryAdd(pages << Page.Shift, out _)
                && imagePage <= pageCount && pages <= pageCount - imagePage
                && (flags & ~(uint)(SlotFlags.LogDirty | SlotFlags.ReadOnly)) == 0;
            if (!fits)
                Fail($"slot {id} of space {space}: flags 0x{flags:x}, 0x{pages:x} pages at {gpa}, image page 0x{imagePage:x}");
            slot = new CheckpointSlot(
                new AddressSpaceId(space), new SlotId(id), new GfnRange(gpa.Frame, pages), (SlotFlags)flags, imagePage);
        }
        return slots;
    }

    void ReadPages(CheckpointImage image)
    {
        ulong next = 0, filled = 0, zeros = 0;
        while (true)
        {
            CheckpointSection kind = NextSection();
            if (kind == CheckpointSection.End)
                break;
            Require(CheckpointSection.Pages, kind);
            uint runs = TakeUInt32();
            if (TakeUInt32() != 0)
                Fail("a reserved field is in use");
            if (runs > PagesPerSection)
                Fail($"{runs} runs");
            ReadOnlySpan<byte> list = Take((int)runs * RunBytes);
            for (; !list.IsEmpty; list = list[RunBytes..])
            {
                ulong page = BinaryPrimitives.ReadUInt64LittleEndian(list);
                uint count = BinaryPrimitives.ReadUInt32LittleEndian(list[8..]);
                uint runKind = BinaryPrimitives.ReadUInt32LittleEndian(list[12..]);
                if (page < next || page > image.PageCount || count is 0 or > PagesPerSection || count > image.PageCount - page
                    || runKind is not (FilledRun or ZeroRun))
                    Fail($"a run of 0x{count:x} pages at 0x{page:x}, kind {runKind}, after page 0x{next:x} of 0x{image.PageCount:x}");
                next = page + count;
                if (runKind == ZeroRun)
                {
                    image.AddZeros(page, count);
                    zeros += count;
                    continue;
                }
                Take((int)count << Page.Shift).CopyTo(image.PagesAt(page, (int)count));
                image.AddFilled(page, count);
                filled += count;
            }
            if (_at != _length)
                Fail($"0x{_length - _at:x} bytes belong to no page");
        }
        if (_length != EndBytes || TakeUInt64() != filled || TakeUInt64() != zeros)
            Fail($"the end speaks of other than {filled} pages and {zeros} zero pages");
        _partStart = _position;
        if (_stream.ReadByte() >= 0)
            Fail("something follows the end");
    }

    // Reads a section whole, and checks it.
    CheckpointSection NextSection()
    {
        Span<byte> header = stackalloc byte[SectionHeaderBytes];
        Fill(header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[20..]) != Checksum(header[..20]))
            Fail("damaged: the checksum of a section's header does not fit");
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (number != _number)
            Fail($"section {number} stands where {_number} belongs");
        _number++;
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        if (length > MaxPayloadBytes)
            Fail($"a section of 0x{length:x} bytes");
        long start = _partStart;
        _length = (int)length;
        _at = 0;
        if (_payload.Length < _length)
            _payload = new byte[_length];
        Fill(_payload.AsSpan(0, _length));
        _partStart = start;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[16..]) != Checksum(_payload.AsSpan(0, _length)))
            Fail("damaged: the checksum of a section does not fit");
        return (CheckpointSection)BinaryPrimitives.ReadUInt32LittleEndian(header);
    }

    readonly void Require(CheckpointSection wanted, CheckpointSection found)
    {
        if (found != wanted)
            Fail($"section {(uint)found:x} stands where {wanted} belongs");
    }

    void Fill(scoped Span<byte> buffer)
    {
        _partStart = _position;
        int read = _stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        _position += read;
        if (read < buffer.Length)
            Fail($"cut short: {read} of {buffer.Length} bytes");
    }

    ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _length - _at)
            Fail($"a section of 0x{_length:x} bytes is too short for its content");
        _at += bytes;
        return _payload.AsSpan(_at - bytes, bytes);
    }

    uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    [DoesNotReturn]
    readonly void Fail(string problem) => throw new CheckpointFileException(_partStart, problem);
}
