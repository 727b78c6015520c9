using System;
using System.Buffers.Binary;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Images;

/// <summary>The header by which a kernel says that it is started as the Multiboot Specification 0.6.96 describes.</summary>
/// <param name="Offset">Where in the file it stands.</param>
/// <param name="Flags">What the kernel wants.</param>
/// <param name="HeaderAddress">Where the header goes in memory, if the kernel says where it goes.</param>
/// <param name="LoadAddress">Where its text begins.</param>
/// <param name="LoadEnd">Where its data ends; 0 for the file's end.</param>
/// <param name="BssEnd">Where its zeroes end; 0 for none.</param>
/// <param name="Entry">Its first instruction.</param>
readonly record struct MultibootHeader(
    int Offset, uint Flags, uint HeaderAddress, uint LoadAddress, uint LoadEnd, uint BssEnd, uint Entry)
{
    const uint Magic = 0x1bad_b002;
    const int SearchBytes = 8192;
    const int Alignment = 4;
    const int BriefBytes = 12;
    const int FullBytes = 32;
    const uint HasAddresses = 1 << 16;

    // Bits that must be understood: pages for modules, and memory information, which is always given.
    const uint KnownRequirements = 0x3;
    const uint Requirements = 0xffff;

    /// <summary>Finds the header: within the first 8 KiB, aligned, magic number, flags and checksum sum up to zero.</summary>
    internal static MultibootHeader? Find(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> searched = file[..Math.Min(file.Length, SearchBytes)];
        for (int offset = 0; offset + BriefBytes <= searched.Length; offset += Alignment)
        {
            ReadOnlySpan<byte> at = searched[offset..];
            uint flags = Word(at, 1);
            if (Word(at, 0) != Magic || unchecked(Magic + flags + Word(at, 2)) != 0)
                continue;
            if ((flags & HasAddresses) == 0)
                return new MultibootHeader(offset, flags, 0, 0, 0, 0, 0);
            if (at.Length >= FullBytes)
                return new MultibootHeader(offset, flags, Word(at, 3), Word(at, 4), Word(at, 5), Word(at, 6), Word(at, 7));
        }
        return null;
    }

    /// <summary>The image as its header wants it started.</summary>
    /// <exception cref="ImageException">It wants what is not there, or its addresses do not agree.</exception>
    internal GuestImage Apply(GuestImage image, ReadOnlyMemory<byte> file, bool isElf)
    {
        if ((Flags & Requirements & ~KnownRequirements) is var unknown && unknown != 0)
            throw new ImageException($"is a multiboot image that requires what is not there (flags 0x{unknown:x})");
        if ((Flags & HasAddresses) == 0)
        {
            return isElf
                ? image with { IsMultiboot = true }
                : throw new ImageException("is a multiboot image that does not say where it is to be loaded");
        }
        if (HeaderAddress < LoadAddress || HeaderAddress - LoadAddress > (uint)Offset)
            throw new ImageException($"is a multiboot image with its header at 0x{HeaderAddress:x}, below its text");
        int start = Offset - (int)(HeaderAddress - LoadAddress);
        ulong loaded = LoadEnd == 0 ? (ulong)(file.Length - start) : unchecked(LoadEnd - LoadAddress);
        if ((LoadEnd != 0 && LoadEnd < LoadAddress) || loaded > (ulong)(file.Length - start))
            throw new ImageException($"is a truncated multiboot image: its data ends at 0x{LoadEnd:x}");
        ulong bytes = Math.Max(loaded, BssEnd > LoadAddress ? BssEnd - LoadAddress : 0);
        var segment = new ImageSegment(new Gpa(LoadAddress), file.Slice(start, (int)loaded), bytes);
        return new GuestImage(GuestMode.Protected, new Gpa(Entry), [segment], IsMultiboot: true);
    }

    static uint Word(ReadOnlySpan<byte> from, int index) => BinaryPrimitives.ReadUInt32LittleEndian(from[(index * 4)..]);
}
