using System;
using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>The basic operations, in all their operand orders, and those on the top alone.</summary>
static partial class X87Unit
{
    /// <summary>ST(destination) op ST(source), for FADD and its kin, popped for FADDP and its.</summary>
    internal static void Arithmetic(ref X87State state, Mnemonic operation, int destination, int source)
    {
        bool pops = operation is Mnemonic.Faddp or Mnemonic.Fmulp or Mnemonic.Fsubp or Mnemonic.Fsubrp or Mnemonic.Fdivp or Mnemonic.Fdivrp;
        if (state.IsEmpty(destination) || state.IsEmpty(source))
        {
            DeliverStackUnderflow(ref state, destination, pops);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked right = state.St(source).Unpack(ref environment);
        Compute(ref state, operation, destination, right, ref environment, pops);
    }

    /// <summary>ST(0) op an operand in memory.</summary>
    internal static void Arithmetic(ref X87State state, Mnemonic operation, Float80 memory, MemorySize size)
    {
        if (state.IsEmpty(0))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked right = X87Memory.Unpack(memory, size, ref environment);
        Compute(ref state, operation, 0, right, ref environment, pop: false);
    }

    /// <summary>FSQRT, FRNDINT, FABS, FCHS: ST(0) alone.</summary>
    internal static void Unary(ref X87State state, Mnemonic operation)
    {
        if (state.IsEmpty(0))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        Float80 value = state.St(0);
        FloatEnvironment environment = state.Environment;
        Float80 result = operation switch
        {
            Mnemonic.Fabs => value.WithSign(false),
            Mnemonic.Fchs => value.WithSign(!value.Sign),
            Mnemonic.Fsqrt => ExtendedArithmetic.SquareRoot(value.Unpack(ref environment), state.Precision, ref environment),
            _ => ExtendedArithmetic.RoundToWhole(value.Unpack(ref environment), ref environment),
        };
        Deliver(ref state, environment, 0, result, pop: false);
    }

    /// <summary>FSCALE: ST(0) × 2^ST(1).</summary>
    internal static void Scale(ref X87State state)
    {
        if (state.IsEmpty(0) || state.IsEmpty(1))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked value = state.St(0).Unpack(ref environment);
        Unpacked power = state.St(1).Unpack(ref environment);
        Deliver(ref state, environment, 0, ExtendedArithmetic.Scale(value, power, ref environment), pop: false);
    }

    /// <summary>FPREM and FPREM1: the remainder of ST(0) ÷ ST(1); C2 says that it is not complete.</summary>
    internal static void Remainder(ref X87State state, bool nearest)
    {
        state.Status = (ushort)(state.Status & ~X87State.C2);
        if (state.IsEmpty(0) || state.IsEmpty(1))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked value = state.St(0).Unpack(ref environment);
        Unpacked divisor = state.St(1).Unpack(ref environment);
        Float80 result = ExtendedRemainder.Compute(value, divisor, nearest, ref environment, out ulong quotient, out bool complete);
        environment.RoundedUp = false;
        if (IsWithheld(ref state, environment))
            return;
        state.SetSt(0, result);
        if (result.Class is FloatClass.QuietNaN)
            return;
        int conditions = complete
            ? ((quotient & 1) != 0 ? X87State.C1 : 0) | ((quotient & 2) != 0 ? X87State.C3 : 0) | ((quotient & 4) != 0 ? X87State.C0 : 0)
            : X87State.C2;
        state.SetConditions(conditions);
    }

    /// <summary>FXTRACT: the exponent in place of ST(0), the significand pushed.</summary>
    internal static void Extract(ref X87State state)
    {
        if (!TryOpenPair(ref state))
            return;
        FloatEnvironment environment = state.Environment;
        Unpacked value = state.St(0).Unpack(ref environment);
        Float80 exponent;
        Float80 significand;
        if (ExtendedArithmetic.TryNaN(value, value, ref environment, out Float80 nan))
        {
            exponent = significand = nan;
        }
        else if (value.IsZero)
        {
            environment.Raise(FloatExceptions.DivideByZero);
            exponent = Float80.Pack(Unpacked.Infinity(true));
            significand = Float80.Pack(value);
        }
        else if (value.IsInfinity)
        {
            exponent = Float80.Pack(Unpacked.Infinity(false));
            significand = Float80.Pack(value);
        }
        else
        {
            exponent = X87Memory.Load(
                new Float80(0, (ulong)value.Exponent), MemorySize.Int64, ref environment);
            significand = Float80.Pack(new Unpacked(FloatClass.Finite, value.Sign, 0, value.Significand));
        }

        DeliverPair(ref state, environment, exponent, significand);
    }

    // An operand in ST(0) and room for one more: what gives two results asks first.
    static bool TryOpenPair(ref X87State state)
    {
        bool underflow = state.IsEmpty(0);
        if (!underflow && state.IsEmpty(-1))
            return true;
        if (!IsStackFaultWithheld(ref state, overflow: !underflow))
        {
            state.SetSt(0, Float80.DefaultNaN);
            state.Push(Float80.DefaultNaN);
        }

        return false;
    }

    static void DeliverPair(ref X87State state, in FloatEnvironment environment, Float80 below, Float80 top)
    {
        if (IsWithheld(ref state, environment))
            return;
        state.SetSt(0, below);
        state.Push(top);
    }

    static void Compute(
        ref X87State state, Mnemonic operation, int destination, in Unpacked right, ref FloatEnvironment environment, bool pop)
    {
        Unpacked left = state.St(destination).Unpack(ref environment);
        FloatFormat format = state.Precision;
        Float80 result;
        switch (operation)
        {
            case Mnemonic.Fadd or Mnemonic.Faddp or Mnemonic.Fiadd:
                result = ExtendedArithmetic.Add(left, right, format, ref environment);
                break;
            case Mnemonic.Fmul or Mnemonic.Fmulp or Mnemonic.Fimul:
                result = ExtendedArithmetic.Multiply(left, right, format, ref environment);
                break;
            case Mnemonic.Fsub or Mnemonic.Fsubp or Mnemonic.Fisub:
                result = Subtract(left, right, format, ref environment);
                break;
            case Mnemonic.Fsubr or Mnemonic.Fsubrp or Mnemonic.Fisubr:
                result = Subtract(right, left, format, ref environment);
                break;
            case Mnemonic.Fdiv or Mnemonic.Fdivp or Mnemonic.Fidiv:
                result = ExtendedArithmetic.Divide(left, right, format, ref environment);
                break;
            case Mnemonic.Fdivr or Mnemonic.Fdivrp or Mnemonic.Fidivr:
                result = ExtendedArithmetic.Divide(right, left, format, ref environment);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }

        Deliver(ref state, environment, destination, result, pop);
    }

    // The sign of a NaN is not changed by subtracting it.
    static Float80 Subtract(in Unpacked a, in Unpacked b, in FloatFormat format, ref FloatEnvironment environment) =>
        ExtendedArithmetic.Add(a, b.IsNaN ? b : b.WithSign(!b.Sign), format, ref environment);
}
