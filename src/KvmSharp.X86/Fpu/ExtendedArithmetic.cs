using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>
/// x87's arithmetic on numbers taken apart, with its rules: of two NaNs a quiet one wins over a signaling one, else the one
/// with the larger significand; patterns that stand for nothing are invalid.
/// </summary>
/// <remarks>
/// Operands come unpacked, so that those from memory keep what they were there; unpacking has raised what denormals raise.
/// Invalid, and division by zero, come before that and take it back.
/// </remarks>
static class ExtendedArithmetic
{
    internal static Float80 Add(in Unpacked a, in Unpacked b, in FloatFormat format, ref FloatEnvironment environment)
    {
        if (TryNaN(a, b, ref environment, out Float80 nan))
            return nan;
        if (a.IsInfinity && b.IsInfinity && a.Sign != b.Sign)
            return Invalid(ref environment);
        if (a.IsInfinity || b.IsInfinity)
            return Float80.Pack(a.IsInfinity ? a : b);
        if (a.IsZero && b.IsZero)
            return Float80.Pack(Unpacked.Zero(a.Sign == b.Sign ? a.Sign : environment.Rounding == RoundingMode.Down));
        // A sum with zero is rounded too: the precision may be less than the operand's.
        Unrounded sum = a.IsZero ? Exactly(b) : b.IsZero ? Exactly(a) : ExactArithmetic.Add(a, b);
        return sum.IsZero
            ? Float80.Pack(Unpacked.Zero(environment.Rounding == RoundingMode.Down))
            : Round(sum, format, ref environment);
    }

    internal static Float80 Multiply(in Unpacked a, in Unpacked b, in FloatFormat format, ref FloatEnvironment environment)
    {
        if (TryNaN(a, b, ref environment, out Float80 nan))
            return nan;
        bool sign = a.Sign ^ b.Sign;
        if (a.Class == FloatClass.Finite && b.Class == FloatClass.Finite)
            return Round(ExactArithmetic.Multiply(a, b), format, ref environment);
        if (!a.IsInfinity && !b.IsInfinity)
            return Float80.Pack(Unpacked.Zero(sign));
        return a.IsZero || b.IsZero ? Invalid(ref environment) : Float80.Pack(Unpacked.Infinity(sign));
    }

    internal static Float80 Divide(in Unpacked a, in Unpacked b, in FloatFormat format, ref FloatEnvironment environment)
    {
        if (TryNaN(a, b, ref environment, out Float80 nan))
            return nan;
        bool sign = a.Sign ^ b.Sign;
        if (a.Class == FloatClass.Finite && b.Class == FloatClass.Finite)
            return Round(ExactArithmetic.Divide(a, b), format, ref environment);
        if (a.Class == b.Class)
            return Invalid(ref environment);
        if (b.IsZero && !a.IsInfinity)
        {
            environment.Raised = FloatExceptions.DivideByZero;
            return Float80.Pack(Unpacked.Infinity(sign));
        }

        return Float80.Pack(a.IsInfinity ? Unpacked.Infinity(sign) : Unpacked.Zero(sign));
    }

    internal static Float80 SquareRoot(in Unpacked a, in FloatFormat format, ref FloatEnvironment environment)
    {
        if (TryNaN(a, a, ref environment, out Float80 nan))
            return nan;
        if (a.IsZero)
            return Float80.Pack(a);
        if (a.Sign)
            return Invalid(ref environment);
        return a.IsInfinity ? Float80.Pack(a) : Round(ExactArithmetic.SquareRoot(a), format, ref environment);
    }

    /// <summary>FSCALE: a × 2^(b towards zero).</summary>
    internal static Float80 Scale(in Unpacked a, in Unpacked b, ref FloatEnvironment environment)
    {
        if (TryNaN(a, b, ref environment, out Float80 nan))
            return nan;
        if (b.IsInfinity)
        {
            if (b.Sign ? a.IsInfinity : a.IsZero)
                return Invalid(ref environment);
            return Float80.Pack(b.Sign ? Unpacked.Zero(a.Sign) : a.IsZero ? a : Unpacked.Infinity(a.Sign));
        }

        if (a.Class != FloatClass.Finite)
            return Float80.Pack(a);
        // Any exponent beyond this range overflows or underflows every number.
        const int FarAway = 0x1_0000;
        int shift = 0;
        if (b.Class == FloatClass.Finite && b.Exponent >= 0)
        {
            shift = b.Exponent > 16 ? FarAway : (int)(b.Significand >> (63 - b.Exponent));
            shift = b.Sign ? -shift : shift;
        }

        return Round(new Unrounded(a.Sign, a.Exponent + shift, a.Significand, 0), FloatFormat.Extended, ref environment);
    }

    /// <summary>FRNDINT.</summary>
    internal static Float80 RoundToWhole(in Unpacked a, ref FloatEnvironment environment)
    {
        if (TryNaN(a, a, ref environment, out Float80 nan))
            return nan;
        if (a.Class != FloatClass.Finite || a.Exponent >= 63)
            return Float80.Pack(a);
        if (!IeeeConversion.RoundToWhole(a, environment.Rounding, out ulong magnitude, out bool up))
            environment.Raise(FloatExceptions.Inexact);
        environment.RoundedUp = up;
        if (magnitude == 0)
            return Float80.Pack(Unpacked.Zero(a.Sign));
        Unrounded whole = Unrounded.Normalize(a.Sign, 63, magnitude, 0);
        return Float80.Pack(new Unpacked(FloatClass.Finite, a.Sign, whole.Exponent, whole.High));
    }

    /// <summary>Rounds into a register.</summary>
    internal static Float80 Round(in Unrounded value, in FloatFormat format, ref FloatEnvironment environment) =>
        Float80.Pack(Rounder.Round(value, format, ref environment));

    /// <summary>The result, if an operand is no number: a NaN made quiet.</summary>
    internal static bool TryNaN(in Unpacked a, in Unpacked b, ref FloatEnvironment environment, out Float80 result)
    {
        result = default;
        if (a.Class == FloatClass.Unsupported || b.Class == FloatClass.Unsupported)
        {
            result = Invalid(ref environment);
            return true;
        }

        if (!a.IsNaN && !b.IsNaN)
            return false;
        bool signaling = a.Class == FloatClass.SignalingNaN || b.Class == FloatClass.SignalingNaN;
        environment.Raised = signaling ? FloatExceptions.Invalid : FloatExceptions.None;
        result = Float80.Pack(ChooseNaN(a, b));
        return true;
    }

    internal static Float80 Invalid(ref FloatEnvironment environment)
    {
        environment.Raised = FloatExceptions.Invalid;
        return Float80.DefaultNaN;
    }

    internal static Unrounded Exactly(in Unpacked value) => new(value.Sign, value.Exponent, value.Significand, 0);

    static Unpacked ChooseNaN(in Unpacked a, in Unpacked b)
    {
        if (!a.IsNaN || !b.IsNaN)
            return a.IsNaN ? a : b;
        if (a.Class != b.Class)
            return a.Class == FloatClass.QuietNaN ? a : b;
        if (a.Significand != b.Significand)
            return a.Significand > b.Significand ? a : b;
        return a.Sign ? b : a;
    }
}
