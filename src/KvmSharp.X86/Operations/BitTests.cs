using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using Bit = System.Numerics.BitOperations;

namespace KvmSharp.X86.Operations;

// Bit tests with the bit's number inside the operand, and counts of bits.

readonly struct BitTestOperation : IBinaryOperation
{
    public static bool Writes => false;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        flags.ReplaceCarry(((left >> ((int)right & (TSize.Bits - 1))) & 1) != 0);
        return left;
    }
}

readonly struct BitSetOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        BitTestOperation.Apply<TSize>(ref flags, left, right) | (1UL << ((int)right & (TSize.Bits - 1)));
}

readonly struct BitResetOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        BitTestOperation.Apply<TSize>(ref flags, left, right) & ~(1UL << ((int)right & (TSize.Bits - 1)));
}

readonly struct BitComplementOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        BitTestOperation.Apply<TSize>(ref flags, left, right) ^ (1UL << ((int)right & (TSize.Bits - 1)));
}

readonly struct TrailingZerosOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = right == 0 ? (ulong)TSize.Bits : (ulong)Bit.TrailingZeroCount(right);
        flags.SetExplicit((long)result, right == 0 ? RFlags.CF : 0);
        return result;
    }
}

readonly struct LeadingZerosOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = (ulong)(Bit.LeadingZeroCount(right) - (64 - TSize.Bits));
        flags.SetExplicit((long)result, right == 0 ? RFlags.CF : 0);
        return result;
    }
}

readonly struct PopulationCountOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        flags.Value = right == 0 ? RFlags.ZF : 0;
        return (ulong)Bit.PopCount(right);
    }
}
