using System.Runtime.CompilerServices;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

// Shifts and rotates. The source is the count, of which five bits are used, or six where the operand has 64. A count of
// zero leaves the flags alone. OF is defined for a count of one only, and is the same expression for all here.

readonly struct ShiftLeftOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left << ShiftCount.Of<TSize>(right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong result = left << count;
        ulong carry = (TSize.Bits == 64 ? left >> (64 - count) : result >> TSize.Bits) & 1;
        ulong sign = (result >> (TSize.Bits - 1)) & 1;
        flags.SetExplicit(TSize.SignExtend(result), carry | ((carry ^ sign) << ShiftCount.OverflowBit));
        return result;
    }
}

readonly struct ShiftRightOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left >> ShiftCount.Of<TSize>(right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong result = left >> count;
        ulong carry = (left >> (count - 1)) & 1;
        ulong sign = left >> (TSize.Bits - 1);
        flags.SetExplicit(TSize.SignExtend(result), carry | (sign << ShiftCount.OverflowBit));
        return result;
    }
}

readonly struct ShiftArithmeticOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        (ulong)(TSize.SignExtend(left) >> ShiftCount.Of<TSize>(right));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        long value = TSize.SignExtend(left);
        long result = value >> count;
        flags.SetExplicit(result, (ulong)(value >> (count - 1)) & 1);
        return (ulong)result;
    }
}

readonly struct RotateLeftOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        TSize.RotateLeft(left, ShiftCount.Of<TSize>(right));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong result = Result<TSize>(left, right);
        ulong carry = result & 1;
        ulong sign = result >> (TSize.Bits - 1);
        flags.ReplaceCarryOverflow(carry | ((carry ^ sign) << ShiftCount.OverflowBit));
        return result;
    }
}

readonly struct RotateRightOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize =>
        TSize.RotateRight(left, ShiftCount.Of<TSize>(right));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong result = Result<TSize>(left, right);
        ulong carry = result >> (TSize.Bits - 1);
        ulong below = (result >> (TSize.Bits - 2)) & 1;
        flags.ReplaceCarryOverflow(carry | ((carry ^ below) << ShiftCount.OverflowBit));
        return result;
    }
}

readonly struct RotateCarryLeftOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong carry = flags.Carry ? 1UL : 0;
        ulong result = left;
        for (int step = count % (TSize.Bits + 1); step > 0; step--)
        {
            ulong highest = result >> (TSize.Bits - 1);
            result = TSize.Truncate((result << 1) | carry);
            carry = highest;
        }
        ulong sign = result >> (TSize.Bits - 1);
        flags.ReplaceCarryOverflow(carry | ((carry ^ sign) << ShiftCount.OverflowBit));
        return result;
    }
}

readonly struct RotateCarryRightOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        int count = ShiftCount.Of<TSize>(right);
        if (count == 0)
            return left;
        ulong carry = flags.Carry ? 1UL : 0;
        ulong result = left;
        for (int step = count % (TSize.Bits + 1); step > 0; step--)
        {
            ulong lowest = result & 1;
            result = (result >> 1) | (carry << (TSize.Bits - 1));
            carry = lowest;
        }
        ulong overflow = (result >> (TSize.Bits - 1)) ^ ((result >> (TSize.Bits - 2)) & 1);
        flags.ReplaceCarryOverflow(carry | (overflow << ShiftCount.OverflowBit));
        return result;
    }
}

/// <summary>How far a shift goes.</summary>
static class ShiftCount
{
    /// <summary>The place of OF in RFLAGS.</summary>
    internal const int OverflowBit = 11;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Of<TSize>(ulong count)
        where TSize : struct, IOperandSize => (int)count & (TSize.Bits == 64 ? 63 : 31);
}
