using System;
using System.Buffers.Binary;

namespace KvmSharp.Cli.Tests.Run;

/// <summary>Makes small ELF executables with one segment, to be spoiled by tests.</summary>
static class ElfFile
{
    internal const int HeaderBytes = 64;
    internal const int ProgramHeaderBytes = 56;
    internal const int ContentsAt = HeaderBytes + ProgramHeaderBytes;

    /// <summary>A 64-bit executable: its contents, followed by zeroes in memory.</summary>
    internal static byte[] Executable64(ulong address, ulong entry, byte[] contents, ulong memoryBytes)
    {
        byte[] file = new byte[ContentsAt + contents.Length];
        Span<byte> at = file;
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(at);
        BinaryPrimitives.WriteUInt16LittleEndian(at[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(at[18..], 62);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], entry);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(at[54..], ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(at[56..], 1);
        Span<byte> program = at[HeaderBytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(program, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(program[8..], ContentsAt);
        BinaryPrimitives.WriteUInt64LittleEndian(program[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(program[32..], (ulong)contents.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(program[40..], memoryBytes);
        contents.CopyTo(at[ContentsAt..]);
        return file;
    }

    /// <summary>The same with some bytes changed.</summary>
    internal static byte[] With(byte[] file, int offset, params byte[] bytes)
    {
        byte[] changed = [.. file];
        bytes.CopyTo(changed, offset);
        return changed;
    }
}
