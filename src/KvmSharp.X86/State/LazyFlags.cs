using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KvmSharp.X86.State;

/// <summary>
/// The arithmetic flags, kept as what they follow from. Most are overwritten unread, so an instruction stores its operands
/// and result, and whoever reads a flag computes that flag.
/// </summary>
/// <remarks>
/// Operands and results are sign-extended from the operation's size. Bit 63 then stands for the most significant bit of any
/// size, zero is zero and order is order, so nothing here depends on the size.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>kind Addition and Subtraction: result = left ± right, with or without a carry in, wrapped to the size and
/// sign-extended;</item>
/// <item>kind Explicit: left holds CF, AF and OF as RFLAGS has them and nothing else; the others follow from the
/// result;</item>
/// <item>kind Known: left holds all of <see cref="RFlags.Arithmetic"/> as RFLAGS has them.</item>
/// </list>
/// </remarks>
struct LazyFlags
{
    const ulong NotFromResult = RFlags.CF | RFlags.AF | RFlags.OF;
    const int SignBit = 63;

    long _left;
    long _right;
    long _result;
    Kind _kind;

    enum Kind
    {
        Known,
        Explicit,
        Addition,
        Subtraction,
    }

    /// <summary>All of them, as RFLAGS has them.</summary>
    internal ulong Value
    {
        readonly get => _kind switch
        {
            Kind.Known => (ulong)_left,
            Kind.Explicit => (ulong)_left | FromResult,
            _ => FromResult | CarryBit | AuxiliaryBit | OverflowBit,
        };

        set
        {
            Debug.Assert((value & ~RFlags.Arithmetic) == 0);
            _left = (long)value;
            _kind = Kind.Known;
        }
    }

    internal readonly bool Carry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _kind switch
        {
            Kind.Known or Kind.Explicit => (_left & (long)RFlags.CF) != 0,
            _ => CarryVector < 0,
        };
    }

    internal readonly bool Zero => _kind == Kind.Known ? (_left & (long)RFlags.ZF) != 0 : _result == 0;

    internal readonly bool Sign => _kind == Kind.Known ? (_left & (long)RFlags.SF) != 0 : _result < 0;

    internal readonly bool Parity => _kind == Kind.Known ? (_left & (long)RFlags.PF) != 0 : ParityBit != 0;

    internal readonly bool Overflow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _kind switch
        {
            Kind.Known or Kind.Explicit => (_left & (long)RFlags.OF) != 0,
            _ => OverflowVector < 0,
        };
    }

    /// <summary>Unsigned below: CF.</summary>
    internal readonly bool Below => Carry;

    /// <summary>Unsigned below or equal: CF or ZF.</summary>
    internal readonly bool BelowOrEqual => Zero || Carry;

    /// <summary>Signed less: SF is not OF.</summary>
    internal readonly bool Less => Sign != Overflow;

    /// <summary>Signed less or equal.</summary>
    internal readonly bool LessOrEqual => Zero || Less;

    /// <summary>Unsigned below, after a subtraction without a borrow. Sign extension keeps that order.</summary>
    internal readonly bool BelowAfterSubtraction => (ulong)_left < (ulong)_right;

    /// <summary>Unsigned below or equal, after a subtraction without a borrow.</summary>
    internal readonly bool BelowOrEqualAfterSubtraction => (ulong)_left <= (ulong)_right;

    /// <summary>Signed less, after a subtraction without a borrow.</summary>
    internal readonly bool LessAfterSubtraction => _left < _right;

    /// <summary>Signed less or equal, after a subtraction without a borrow.</summary>
    internal readonly bool LessOrEqualAfterSubtraction => _left <= _right;

    /// <summary>Whether the result is zero, of any operation that leaves one.</summary>
    internal readonly bool ResultIsZero => _result == 0;

    /// <summary>Whether the result is negative, of any operation that leaves one.</summary>
    internal readonly bool ResultIsNegative => _result < 0;

    /// <summary>An addition, with the carry in already in the result.</summary>
    internal void SetAddition(long left, long right, long result)
    {
        _left = left;
        _right = right;
        _result = result;
        _kind = Kind.Addition;
    }

    /// <summary>A subtraction or comparison, with the borrow already in the result.</summary>
    internal void SetSubtraction(long left, long right, long result)
    {
        _left = left;
        _right = right;
        _result = result;
        _kind = Kind.Subtraction;
    }

    /// <summary>A logical operation: CF, OF and AF are clear.</summary>
    internal void SetLogic(long result) => SetExplicit(result, 0);

    /// <summary>ZF, SF and PF follow from a result, the others are given.</summary>
    /// <param name="result">Sign-extended.</param>
    /// <param name="others">CF, AF and OF, as RFLAGS has them.</param>
    internal void SetExplicit(long result, ulong others)
    {
        Debug.Assert((others & ~NotFromResult) == 0);
        _left = (long)others;
        _result = result;
        _kind = Kind.Explicit;
    }

    /// <summary>Replaces some flags and keeps the rest.</summary>
    /// <param name="mask">Which.</param>
    /// <param name="value">Their new values, within the mask.</param>
    internal void Replace(ulong mask, ulong value) => Value = (Value & ~mask) | value;

    /// <summary>Replaces CF and OF and keeps the rest, without computing it.</summary>
    internal void ReplaceCarryOverflow(ulong carryAndOverflow) => ReplaceExplicit(RFlags.CF | RFlags.OF, carryAndOverflow);

    /// <summary>Replaces CF and keeps the rest, without computing more than OF and AF.</summary>
    internal void ReplaceCarry(bool carry) => ReplaceExplicit(RFlags.CF, carry ? RFlags.CF : 0);

    void ReplaceExplicit(ulong mask, ulong value)
    {
        if (_kind >= Kind.Addition)
        {
            _left = (long)(CarryBit | AuxiliaryBit | OverflowBit);
            _kind = Kind.Explicit;
        }
        _left = (_left & ~(long)mask) | (long)value;
    }

    // What is carried (or borrowed) out of each bit.
    readonly long CarryVector => _kind == Kind.Addition
        ? (_left & _right) | ((_left | _right) & ~_result)
        : (~_left & _right) | ((~_left | _right) & _result);

    readonly long OverflowVector => _kind == Kind.Addition
        ? (_left ^ _result) & (_right ^ _result)
        : (_left ^ _right) & (_left ^ _result);

    readonly ulong FromResult =>
        ParityBit | (_result == 0 ? RFlags.ZF : 0) | ((ulong)(_result >> SignBit) & RFlags.SF);

    readonly ulong ParityBit => (BitOperations.PopCount((byte)_result) & 1) == 0 ? RFlags.PF : 0;

    readonly ulong CarryBit => (ulong)CarryVector >> SignBit;

    readonly ulong AuxiliaryBit => (ulong)(_left ^ _right ^ _result) & RFlags.AF;

    readonly ulong OverflowBit => (ulong)(OverflowVector >> SignBit) & RFlags.OF;
}
