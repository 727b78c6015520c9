using System.Buffers.Binary;
using Iced.Intel;

namespace KvmSharp.X86.Operations;

/// <summary>BSWAP and MOVBE.</summary>
static class ByteOrder
{
    internal static bool Swap(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        // Of 16 bits BSWAP makes zero; the manuals leave it undefined, processors do this.
        cpu.WriteRegister(
            instruction.Op0Register, bits == 16 ? 0 : Reverse(cpu.ReadRegister(instruction.Op0Register), bits));
        return true;
    }

    internal static bool MoveSwapped(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        return cpu.TryRead(in instruction, 1, out ulong value) && cpu.TryWrite(in instruction, 0, Reverse(value, bits));
    }

    static ulong Reverse(ulong value, int bits) => BinaryPrimitives.ReverseEndianness(value) >> (64 - bits);
}
