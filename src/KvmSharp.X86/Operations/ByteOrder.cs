using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

/// <summary>MOVBE.</summary>
static class ByteOrder
{
    internal static bool MoveSwapped(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        return cpu.TryRead(in instruction, 1, out ulong value) && cpu.TryWrite(in instruction, 0, Reverse(value, bits));
    }

    static ulong Reverse(ulong value, int bits) => BinaryPrimitives.ReverseEndianness(value) >> (64 - bits);
}

/// <summary>BSWAP: the source is not looked at.</summary>
readonly struct ByteSwapOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Ignores;

    public static bool HasResult => true;

    // Of 16 bits it makes zero; the manuals leave it undefined, processors do this.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        TSize.Bits == 16 ? 0 : BinaryPrimitives.ReverseEndianness(left) >> (64 - TSize.Bits);

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize => Result<TSize>(left, right);
}
