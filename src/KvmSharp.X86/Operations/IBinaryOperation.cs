using System.Runtime.CompilerServices;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operations;

/// <summary>What is computed from a destination and a source, and the flags that come of it. Stateless.</summary>
interface IBinaryOperation
{
    /// <summary>Whether the result goes to the destination; comparisons leave only flags.</summary>
    static abstract bool Writes { get; }

    /// <summary>What it has to do with the flags, where nothing about its operands can stop it.</summary>
    static virtual FlagUse FlagUse => FlagUse.Shows;

    /// <summary>What the flags that it leaves are known to come from.</summary>
    static virtual FlagSource FlagSource => FlagSource.Unknown;

    /// <summary>Whether <see cref="Result"/> is there: the result does not depend on the flags.</summary>
    static virtual bool HasResult => false;

    /// <summary>The result alone, for code whose flags nobody sees.</summary>
    /// <inheritdoc cref="Apply"/>
    static virtual ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => throw new System.NotSupportedException();

    /// <summary>Computes the result, which may have anything above the size, and the flags.</summary>
    /// <param name="flags">The flags before, and after.</param>
    /// <param name="left">The destination, zero-extended.</param>
    /// <param name="right">The source, zero-extended.</param>
    static abstract ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize;
}

readonly struct AddOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = Result<TSize>(left, right);
        flags.SetAddition(TSize.SignExtend(left), TSize.SignExtend(right), TSize.SignExtend(result));
        return result;
    }
}

readonly struct AddCarryOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = left + right + (flags.Carry ? 1UL : 0);
        flags.SetAddition(TSize.SignExtend(left), TSize.SignExtend(right), TSize.SignExtend(result));
        return result;
    }
}

readonly struct SubtractOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Subtraction;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = Result<TSize>(left, right);
        flags.SetSubtraction(TSize.SignExtend(left), TSize.SignExtend(right), TSize.SignExtend(result));
        return result;
    }
}

readonly struct SubtractBorrowOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = left - right - (flags.Carry ? 1UL : 0);
        flags.SetSubtraction(TSize.SignExtend(left), TSize.SignExtend(right), TSize.SignExtend(result));
        return result;
    }
}

readonly struct CompareOperation : IBinaryOperation
{
    public static bool Writes => false;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Subtraction;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize => SubtractOperation.Apply<TSize>(ref flags, left, right);
}

readonly struct AndOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Logic;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = Result<TSize>(left, right);
        flags.SetLogic(TSize.SignExtend(result));
        return result;
    }
}

readonly struct TestOperation : IBinaryOperation
{
    public static bool Writes => false;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Logic;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize => AndOperation.Apply<TSize>(ref flags, left, right);
}

readonly struct OrOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Logic;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left | right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = Result<TSize>(left, right);
        flags.SetLogic(TSize.SignExtend(result));
        return result;
    }
}

readonly struct XorOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static FlagSource FlagSource => FlagSource.Logic;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        ulong result = Result<TSize>(left, right);
        flags.SetLogic(TSize.SignExtend(result));
        return result;
    }
}
