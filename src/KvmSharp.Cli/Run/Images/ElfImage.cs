using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Images;

/// <summary>
/// ELF executables for x86, by the System V ABI: loaded by physical address, 32-bit ones started in protected mode and
/// 64-bit ones in long mode.
/// </summary>
static class ElfImage
{
    const int Class64 = 2;
    const int LittleEndian = 1;
    const int ExecutableType = 2;
    const int Machine386 = 3;
    const int MachineX64 = 62;
    const uint Loadable = 1;
    const int Ehdr32Bytes = 52;
    const int Ehdr64Bytes = 64;
    const int Phdr32Bytes = 32;
    const int Phdr64Bytes = 56;

    static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    internal static bool IsElf(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    /// <exception cref="ImageException">It is truncated or inconsistent.</exception>
    internal static GuestImage Read(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> header = file.Span;
        if (header.Length < Ehdr32Bytes)
            throw new ImageException("is a truncated ELF file: its header is not complete");
        bool is64 = header[4] == Class64;
        if (is64 && header.Length < Ehdr64Bytes)
            throw new ImageException("is a truncated ELF file: its header is not complete");
        ushort type = U16(header, 16);
        ushort machine = U16(header, 18);
        if (header[5] != LittleEndian || machine != (is64 ? MachineX64 : Machine386))
            throw new ImageException($"is an ELF file for another processor (class {header[4]}, machine {machine})");
        if (type != ExecutableType)
            throw new ImageException($"is an ELF file, but not an executable with fixed addresses (type {type})");

        ulong entry = is64 ? U64(header, 24) : U32(header, 24);
        ulong table = is64 ? U64(header, 32) : U32(header, 28);
        int entryBytes = U16(header, is64 ? 54 : 42);
        int count = U16(header, is64 ? 56 : 44);
        if (entryBytes < (is64 ? Phdr64Bytes : Phdr32Bytes))
            throw new ImageException($"is an ELF file with program headers of {entryBytes} bytes");
        if (table > (ulong)file.Length || (ulong)count * (ulong)entryBytes > (ulong)file.Length - table)
            throw new ImageException("is a truncated ELF file: its program headers are not complete");

        var segments = new List<ImageSegment>();
        for (int index = 0; index < count; index++)
        {
            ReadOnlySpan<byte> program = header.Slice((int)table + (index * entryBytes), entryBytes);
            if (U32(program, 0) == Loadable && ReadSegment(file, program, is64) is { } segment)
                segments.Add(segment);
        }
        if (segments.Count == 0)
            throw new ImageException("is an ELF file with nothing to load");
        return new GuestImage(is64 ? GuestMode.Long : GuestMode.Protected, new Gpa(entry), segments);
    }

    static ImageSegment? ReadSegment(ReadOnlyMemory<byte> file, ReadOnlySpan<byte> program, bool is64)
    {
        ulong offset = is64 ? U64(program, 8) : U32(program, 4);
        ulong physical = is64 ? U64(program, 24) : U32(program, 12);
        ulong fileBytes = is64 ? U64(program, 32) : U32(program, 16);
        ulong memoryBytes = is64 ? U64(program, 40) : U32(program, 20);
        if (memoryBytes == 0)
            return null;
        if (fileBytes > memoryBytes)
            throw new ImageException($"is an ELF file with a segment of 0x{fileBytes:x} bytes in 0x{memoryBytes:x}");
        if (offset > (ulong)file.Length || fileBytes > (ulong)file.Length - offset)
            throw new ImageException($"is a truncated ELF file: the segment at 0x{offset:x} is not complete");
        if (!new Gpa(physical).TryAdd(memoryBytes, out _))
            throw new ImageException($"is an ELF file with a segment that wraps: 0x{memoryBytes:x} bytes at 0x{physical:x}");
        return new ImageSegment(new Gpa(physical), file.Slice((int)offset, (int)fileBytes), memoryBytes);
    }

    static ushort U16(ReadOnlySpan<byte> from, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(from[offset..]);

    static uint U32(ReadOnlySpan<byte> from, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(from[offset..]);

    static ulong U64(ReadOnlySpan<byte> from, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(from[offset..]);
}
