using System;
using System.Buffers.Binary;
using System.Numerics;

namespace KvmSharp.Checkpoints;

/// <summary>The numbers of the file format, which docs/checkpoint.md describes. Little-endian throughout.</summary>
static class CheckpointFormat
{
    internal const int Version = 1;

    // "KvmSharp" as bytes, in the order of the file.
    internal const ulong Magic = 0x7072_6168_536D_764B;

    // magic, version, checksum of both
    internal const int PreambleBytes = sizeof(ulong) + (2 * sizeof(uint));

    // kind, number, length of the payload, checksum of the payload, checksum of all this
    internal const int SectionHeaderBytes = (2 * sizeof(uint)) + sizeof(ulong) + (2 * sizeof(uint));

    // id, parent, page size, address spaces, slots, zero, pages
    internal const int HeadBytes = (2 * GuidBytes) + (4 * sizeof(uint)) + sizeof(ulong);

    // id, space, zero, flags, guest address, pages, image page
    internal const int SlotBytes = sizeof(ushort) + (2 * sizeof(byte)) + sizeof(uint) + (3 * sizeof(ulong));

    // first page, count, kind
    internal const int RunBytes = sizeof(ulong) + (2 * sizeof(uint));

    // filled pages, zero pages
    internal const int EndBytes = 2 * sizeof(ulong);

    internal const int GuidBytes = 16;
    internal const int PagesPerSection = 256;
    internal const int MaxPayloadBytes = 1 << 24;

    internal const uint FilledRun = 0;
    internal const uint ZeroRun = 1;

    /// <summary>CRC-32C of bytes.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}

/// <summary>What a section of the file holds: four letters, in the order of the file.</summary>
enum CheckpointSection : uint
{
    /// <summary>What the checkpoint is; the first section.</summary>
    Head = 0x4441_4548,

    /// <summary>The slots; the second section.</summary>
    Slots = 0x544F_4C53,

    /// <summary>Some pages, in ascending order.</summary>
    Pages = 0x4547_4150,

    /// <summary>The end; nothing follows.</summary>
    End = 0x2144_4E45,
}
