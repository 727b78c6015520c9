using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>Loads, stores, exchanges, constants.</summary>
static partial class X87Unit
{
    // The constants to 128 bits, so that each rounding can be had: high and low half, exponent.
    static readonly Unrounded _pi = new(false, 1, 0xc90f_daa2_2168_c234, 0xc4c6_628b_80dc_1cd1);
    static readonly Unrounded _log2Of10 = new(false, 1, 0xd49a_784b_cd1b_8afe, 0x492b_f6ff_4daf_db4c);
    static readonly Unrounded _log2OfE = new(false, 0, 0xb8aa_3b29_5c17_f0bb, 0xbe87_fed0_691d_3e88);
    static readonly Unrounded _log10Of2 = new(false, -2, 0x9a20_9a84_fbcf_f798, 0x8f89_59ac_0b7c_9178);
    static readonly Unrounded _lnOf2 = new(false, -1, 0xb172_17f7_d1cf_79ab, 0xc9e3_b398_03f2_f6af);

    /// <summary>FLD, FILD, FBLD from memory.</summary>
    internal static void Load(ref X87State state, Float80 memory, MemorySize size)
    {
        if (!state.IsEmpty(-1))
        {
            PushStackFault(ref state, overflow: true);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Float80 value = X87Memory.Load(memory, size, ref environment);
        // A denormal is loaded even if its exception is not masked.
        IsWithheld(ref state, environment);
        if ((environment.Unmasked & FloatExceptions.Invalid) == 0)
            state.Push(value);
    }

    /// <summary>FLD ST(i).</summary>
    internal static void Load(ref X87State state, int source)
    {
        bool underflow = state.IsEmpty(source);
        if (underflow || !state.IsEmpty(-1))
        {
            PushStackFault(ref state, overflow: !underflow);
            return;
        }

        state.SetC1(false);
        state.Push(state.St(source));
    }

    /// <summary>FLD1, FLDZ, FLDPI and the logarithms.</summary>
    internal static void LoadConstant(ref X87State state, Mnemonic operation)
    {
        if (!state.IsEmpty(-1))
        {
            PushStackFault(ref state, overflow: true);
            return;
        }

        // Rounded as controlled, and no word about it.
        FloatEnvironment environment = state.Environment;
        environment.Masked = FloatExceptions.All;
        Float80 value = operation switch
        {
            Mnemonic.Fld1 => Float80.Pack(new Unpacked(FloatClass.Finite, false, 0, Unpacked.LeadingBit)),
            Mnemonic.Fldz => default,
            Mnemonic.Fldpi => ExtendedArithmetic.Round(_pi, FloatFormat.Extended, ref environment),
            Mnemonic.Fldl2t => ExtendedArithmetic.Round(_log2Of10, FloatFormat.Extended, ref environment),
            Mnemonic.Fldl2e => ExtendedArithmetic.Round(_log2OfE, FloatFormat.Extended, ref environment),
            Mnemonic.Fldlg2 => ExtendedArithmetic.Round(_log10Of2, FloatFormat.Extended, ref environment),
            _ => ExtendedArithmetic.Round(_lnOf2, FloatFormat.Extended, ref environment),
        };
        state.SetC1(false);
        state.Push(value);
    }

    /// <summary>FST, FSTP, FIST, FISTP, FISTTP, FBSTP to memory: everything but the write itself.</summary>
    /// <param name="state">The registers; popped already if the instruction pops.</param>
    /// <param name="size">The operand.</param>
    /// <param name="pop">Pops when done.</param>
    /// <param name="truncate">Rounds towards zero.</param>
    /// <param name="memory">What to write.</param>
    /// <returns>Whether anything is to be written. If the write then faults, the old state has to be put back.</returns>
    internal static bool TryStore(ref X87State state, MemorySize size, bool pop, bool truncate, out Float80 memory)
    {
        if (state.IsEmpty(0))
        {
            memory = X87Memory.Indefinite(size);
            if (IsStackFaultWithheld(ref state, overflow: false))
                return false;
        }
        else
        {
            FloatEnvironment environment = state.Environment;
            memory = X87Memory.Store(state.St(0), size, truncate, ref environment);
            bool outOfRange = (environment.Unmasked & (FloatExceptions.Overflow | FloatExceptions.Underflow)) != 0;
            if (outOfRange)
            {
                // Nothing is written, so nothing was rounded.
                environment.Raised &= ~FloatExceptions.Inexact;
                environment.RoundedUp = false;
            }

            if (IsWithheld(ref state, environment) || outOfRange)
                return false;
        }

        if (pop)
            state.Pop();
        return true;
    }

    /// <summary>FST ST(i), FSTP ST(i).</summary>
    internal static void Store(ref X87State state, int destination, bool pop)
    {
        if (state.IsEmpty(0))
        {
            DeliverStackUnderflow(ref state, destination, pop);
            return;
        }

        state.SetC1(false);
        state.SetSt(destination, state.St(0));
        if (pop)
            state.Pop();
    }

    /// <summary>FSTPNCE: FSTP without a word about an empty register.</summary>
    internal static void StoreSilently(ref X87State state, int destination)
    {
        state.SetC1(false);
        if (!state.IsEmpty(0))
            state.SetSt(destination, state.St(0));
        state.Pop();
    }

    /// <summary>FXCH.</summary>
    internal static void Exchange(ref X87State state, int other)
    {
        if ((state.IsEmpty(0) || state.IsEmpty(other)) && IsStackFaultWithheld(ref state, overflow: false))
            return;
        Float80 top = state.IsEmpty(0) ? Float80.DefaultNaN : state.St(0);
        Float80 below = state.IsEmpty(other) ? Float80.DefaultNaN : state.St(other);
        state.SetC1(false);
        state.SetSt(0, below);
        state.SetSt(other, top);
    }

    /// <summary>FCMOVcc.</summary>
    internal static void ConditionalMove(ref X87State state, int source, bool condition)
    {
        if (state.IsEmpty(0) || state.IsEmpty(source))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        if (condition)
            state.SetSt(0, state.St(source));
    }

    static void PushStackFault(ref X87State state, bool overflow)
    {
        if (!IsStackFaultWithheld(ref state, overflow))
            state.Push(Float80.DefaultNaN);
    }
}
