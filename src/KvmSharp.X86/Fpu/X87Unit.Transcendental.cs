using Iced.Intel;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>
/// The transcendental instructions. Their results are computed to many more bits than a register has and then rounded, so
/// they are correctly rounded but for cases too close to call; processors are within one unit in the last place.
/// </summary>
static partial class X87Unit
{
    // From here on FSIN and its kin leave the operand alone and set C2.
    const int TooLargeForCircle = 63;

    /// <summary>F2XM1: 2^ST(0) − 1.</summary>
    internal static void PowerOf2Minus1(ref X87State state)
    {
        if (state.IsEmpty(0))
        {
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        Float80 result;
        if (ExtendedArithmetic.TryNaN(x, x, ref environment, out Float80 nan))
            result = nan;
        else if (x.IsZero)
            result = Float80.Pack(x);
        else if (x.IsInfinity)
            result = Float80.Pack(x.Sign ? One(true) : x);
        else if (x.Exponent >= 0)
            // At the ends the result is exact: 1 and −½. Beyond, nothing is defined.
            result = x.Sign && x.Significand == Unpacked.LeadingBit && x.Exponent == 0
                ? Float80.Pack(new Unpacked(FloatClass.Finite, true, -1, Unpacked.LeadingBit))
                : state.St(0);
        else
            result = Conclude(WideFunctions.PowerOf2Minus1(WideFloat.From(x)), ref environment);
        Deliver(ref state, environment, 0, result, pop: false);
    }

    /// <summary>FYL2X: ST(1) × log2 ST(0), popped.</summary>
    internal static void Logarithm(ref X87State state)
    {
        if (!TryOpenTwo(ref state))
            return;
        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        Unpacked y = state.St(1).Unpack(ref environment);
        Deliver(ref state, environment, 1, Logarithm(x, y, ref environment), pop: true);
    }

    /// <summary>FYL2XP1: ST(1) × log2(1 + ST(0)), popped.</summary>
    internal static void LogarithmOf1Plus(ref X87State state)
    {
        if (!TryOpenTwo(ref state))
            return;
        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        Unpacked y = state.St(1).Unpack(ref environment);
        Float80 result;
        if (ExtendedArithmetic.TryNaN(x, y, ref environment, out Float80 nan))
            result = nan;
        else if (x.IsZero)
            result = y.IsInfinity ? ExtendedArithmetic.Invalid(ref environment) : Float80.Pack(Unpacked.Zero(x.Sign ^ y.Sign));
        else if (x.IsInfinity || (x.Sign && x.Exponent >= 0))
            result = x.Sign || y.IsZero ? ExtendedArithmetic.Invalid(ref environment) : Float80.Pack(Unpacked.Infinity(y.Sign));
        else if (y.Class != FloatClass.Finite)
            result = Float80.Pack(y.WithSign(x.Sign ^ y.Sign));
        else
            result = Conclude(WideFunctions.Log2Of1Plus(WideFloat.From(x)) * WideFloat.From(y), ref environment);
        Deliver(ref state, environment, 1, result, pop: true);
    }

    /// <summary>FPATAN: the angle of the point (ST(0), ST(1)), popped.</summary>
    internal static void ArcTangent(ref X87State state)
    {
        if (!TryOpenTwo(ref state))
            return;
        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        Unpacked y = state.St(1).Unpack(ref environment);
        Float80 result;
        if (ExtendedArithmetic.TryNaN(x, y, ref environment, out Float80 nan))
            result = nan;
        else if (y.IsInfinity)
            result = PartOfPi(x.IsInfinity ? x.Sign ? 3 : 1 : 2, y.Sign, ref environment);
        else if (y.IsZero || x.IsInfinity)
            result = x.Sign ? PartOfPi(4, y.Sign, ref environment) : Float80.Pack(Unpacked.Zero(y.Sign));
        else if (x.IsZero)
            result = PartOfPi(2, y.Sign, ref environment);
        else
            result = Conclude(WideFunctions.ArcTangent(WideFloat.From(y), WideFloat.From(x)), ref environment);
        Deliver(ref state, environment, 1, result, pop: true);
    }

    /// <summary>FSIN, FCOS.</summary>
    internal static void Circle(ref X87State state, Mnemonic operation)
    {
        if (state.IsEmpty(0))
        {
            state.Status = (ushort)(state.Status & ~X87State.C2);
            DeliverStackUnderflow(ref state, 0, pop: false);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        if (IsTooLarge(ref state, x))
            return;
        (Float80 sine, Float80 cosine) = operation == Mnemonic.Fsin
            ? (SineOf(x, ref environment), default(Float80))
            : (default, CosineOf(x, ref environment));
        Deliver(ref state, environment, 0, operation == Mnemonic.Fsin ? sine : cosine, pop: false);
    }

    /// <summary>FSINCOS: sine in place of ST(0), cosine pushed. FPTAN: tangent, and 1 pushed.</summary>
    internal static void CirclePair(ref X87State state, Mnemonic operation)
    {
        if (!TryOpenPair(ref state))
        {
            state.Status = (ushort)(state.Status & ~X87State.C2);
            return;
        }

        FloatEnvironment environment = state.Environment;
        Unpacked x = state.St(0).Unpack(ref environment);
        if (IsTooLarge(ref state, x))
            return;
        if (operation == Mnemonic.Fptan)
        {
            Float80 tangent = TangentOf(x, ref environment);
            // A NaN is pushed as well.
            DeliverPair(ref state, environment, tangent, x.Class is FloatClass.Zero or FloatClass.Finite ? Float80.Pack(One(false)) : tangent);
            return;
        }

        Float80 cosine = CosineOf(x, ref environment);
        Float80 sine = SineOf(x, ref environment);
        DeliverPair(ref state, environment, sine, cosine);
    }

    static Float80 SineOf(in Unpacked x, ref FloatEnvironment environment)
    {
        if (TrySpecial(x, ref environment, out Float80 special))
            return special;
        if (x.IsZero)
            return Float80.Pack(x);
        (WideFloat sine, WideFloat cosine) = WideFunctions.SineAndCosine(x, out int quadrant);
        WideFloat value = (quadrant & 1) == 0 ? sine : cosine;
        return Conclude((quadrant & 2) == 0 ? value : -value, ref environment);
    }

    static Float80 CosineOf(in Unpacked x, ref FloatEnvironment environment)
    {
        if (TrySpecial(x, ref environment, out Float80 special))
            return special;
        if (x.IsZero)
            return Float80.Pack(One(false));
        (WideFloat sine, WideFloat cosine) = WideFunctions.SineAndCosine(x, out int quadrant);
        WideFloat value = (quadrant & 1) == 0 ? cosine : sine;
        return Conclude(quadrant is 0 or 3 ? value : -value, ref environment);
    }

    static Float80 TangentOf(in Unpacked x, ref FloatEnvironment environment)
    {
        if (TrySpecial(x, ref environment, out Float80 special))
            return special;
        if (x.IsZero)
            return Float80.Pack(x);
        (WideFloat sine, WideFloat cosine) = WideFunctions.SineAndCosine(x, out int quadrant);
        return Conclude((quadrant & 1) == 0 ? sine / cosine : -(cosine / sine), ref environment);
    }

    static Float80 Logarithm(in Unpacked x, in Unpacked y, ref FloatEnvironment environment)
    {
        if (ExtendedArithmetic.TryNaN(x, y, ref environment, out Float80 nan))
            return nan;
        if (x.IsZero)
        {
            if (y.IsZero)
                return ExtendedArithmetic.Invalid(ref environment);
            if (!y.IsInfinity)
                environment.Raised = FloatExceptions.DivideByZero;
            return Float80.Pack(Unpacked.Infinity(!y.Sign));
        }

        if (x.Sign)
            return ExtendedArithmetic.Invalid(ref environment);
        bool isOne = x.Class == FloatClass.Finite && x.Exponent == 0 && x.Significand == Unpacked.LeadingBit;
        bool below = x.Class == FloatClass.Finite && x.Exponent < 0;
        if (x.IsInfinity ? y.IsZero : isOne && y.IsInfinity)
            return ExtendedArithmetic.Invalid(ref environment);
        if (x.IsInfinity || y.IsInfinity)
            return Float80.Pack(Unpacked.Infinity(below ^ y.Sign));
        if (isOne || y.IsZero)
            return Float80.Pack(Unpacked.Zero(below ^ y.Sign));
        // Processors call even the logarithm of a power of two inexact.
        return Conclude(WideFunctions.Log2(WideFloat.From(x)) * WideFloat.From(y), ref environment);
    }

    static bool TrySpecial(in Unpacked x, ref FloatEnvironment environment, out Float80 result)
    {
        if (ExtendedArithmetic.TryNaN(x, x, ref environment, out result))
            return true;
        if (!x.IsInfinity)
            return false;
        result = ExtendedArithmetic.Invalid(ref environment);
        return true;
    }

    static bool IsTooLarge(ref X87State state, in Unpacked x)
    {
        bool tooLarge = x.Class == FloatClass.Finite && x.Exponent >= TooLargeForCircle;
        state.Status = (ushort)((state.Status & ~(X87State.C2 | (tooLarge ? X87State.C1 : 0))) | (tooLarge ? X87State.C2 : 0));
        return tooLarge;
    }

    static bool TryOpenTwo(ref X87State state)
    {
        if (!state.IsEmpty(0) && !state.IsEmpty(1))
            return true;
        DeliverStackUnderflow(ref state, 1, pop: true);
        return false;
    }

    // Quarters of π.
    static Float80 PartOfPi(int quarters, bool sign, ref FloatEnvironment environment)
    {
        WideFloat part = WideFloat.From(_pi).Scale(-2) * WideFloat.From(quarters);
        return Conclude(part.WithSign(sign), ref environment);
    }

    static Unpacked One(bool sign) => new(FloatClass.Finite, sign, 0, Unpacked.LeadingBit);

    static Float80 Conclude(WideFloat value, ref FloatEnvironment environment) =>
        ExtendedArithmetic.Round(value.ToUnrounded(), FloatFormat.Extended, ref environment);
}
