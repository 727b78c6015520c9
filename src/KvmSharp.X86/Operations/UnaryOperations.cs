using System.Runtime.CompilerServices;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

// Operations with one operand: the source is not looked at.

readonly struct IncrementOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left + 1;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        // CF stays: all others are those of adding one.
        ulong carry = flags.Carry ? RFlags.CF : 0;
        ulong result = TSize.Truncate(Result<TSize>(left, right));
        ulong auxiliary = (result & 0xF) == 0 ? RFlags.AF : 0;
        ulong overflow = result == 1UL << (TSize.Bits - 1) ? RFlags.OF : 0;
        flags.SetExplicit(TSize.SignExtend(result), carry | auxiliary | overflow);
        return result;
    }
}

readonly struct DecrementOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Changes;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left - 1;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong carry = flags.Carry ? RFlags.CF : 0;
        ulong result = Result<TSize>(left, right);
        ulong auxiliary = (left & 0xF) == 0 ? RFlags.AF : 0;
        ulong overflow = left == 1UL << (TSize.Bits - 1) ? RFlags.OF : 0;
        flags.SetExplicit(TSize.SignExtend(result), carry | auxiliary | overflow);
        return result;
    }
}

readonly struct NegateOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Subtraction;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => 0 - left;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize => SubtractOperation.Apply<TSize>(ref flags, 0, left);
}

readonly struct NotOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Ignores;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => ~left;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize => Result<TSize>(left, right);
}
