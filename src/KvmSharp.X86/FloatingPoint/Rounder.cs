namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// Fits an exact result into a format: rounds, detects overflow, and underflow after rounding, and gives the masked
/// response to each.
/// </summary>
static class Rounder
{
    // What x87 moves an exponent by that is out of range while the exception is not masked: 3 × 2^13.
    const int ExponentWrap = 24576;

    /// <summary>Rounds to a format.</summary>
    /// <param name="value">The result, not zero.</param>
    /// <param name="format">Where it has to fit.</param>
    /// <param name="environment">Rounding and masks in; exceptions and the direction out.</param>
    /// <remarks>
    /// Where overflow or underflow is not masked, the result is the one with an unlimited exponent, moved by a constant: x87
    /// delivers it to a register, everything else not at all. It is inexact only if the significand had to be rounded.
    /// </remarks>
    internal static Unpacked Round(in Unrounded value, in FloatFormat format, ref FloatEnvironment environment)
    {
        int exponent = value.Exponent;
        ulong high = value.High;
        ulong low = value.Low;
        bool underflows = exponent < format.MinExponent && IsTiny(value, format, environment);
        if (underflows)
        {
            if (!environment.IsMasked(FloatExceptions.Underflow))
            {
                environment.Raise(FloatExceptions.Underflow);
                exponent += ExponentWrap;
                underflows = false;
                if (exponent < format.MinExponent)
                    return TooFar(Unpacked.Zero(value.Sign), ref environment);
            }
            else if (environment.FlushToZero)
            {
                environment.Raise(FloatExceptions.Underflow | FloatExceptions.Inexact);
                return Unpacked.Zero(value.Sign);
            }
        }

        if (exponent < format.MinExponent)
        {
            (high, low) = Unrounded.ShiftRightJam(high, low, format.MinExponent - exponent);
            exponent = format.MinExponent;
        }

        bool exact = RoundBits(ref high, low, ref exponent, value.Sign, format.Precision, environment.Rounding, out bool up);
        environment.RoundedUp = up;
        if (!exact)
            environment.Raise(underflows ? FloatExceptions.Inexact | FloatExceptions.Underflow : FloatExceptions.Inexact);
        if (exponent > format.MaxExponent && value.Exponent >= format.MinExponent)
            return Overflow(value.Sign, exponent, high, format, ref environment);
        return high == 0 ? Unpacked.Zero(value.Sign) : new Unpacked(FloatClass.Finite, value.Sign, exponent, high);
    }

    /// <summary>Rounds the significand alone to its first <paramref name="precision"/> bits.</summary>
    /// <returns>Whether nothing was lost.</returns>
    internal static bool RoundBits(
        ref ulong high, ulong low, ref int exponent, bool sign, int precision, RoundingMode rounding, out bool up)
    {
        ulong unit = 1UL << (64 - precision);
        ulong below = high & (unit - 1);
        up = false;
        if ((below | low) == 0)
            return true;
        up = rounding switch
        {
            RoundingMode.Nearest => IsAboveHalf(high, below, low, unit),
            RoundingMode.Down => sign,
            RoundingMode.Up => !sign,
            _ => false,
        };
        high -= below;
        if (up)
        {
            high += unit;
            if (high == 0)
            {
                high = Unpacked.LeadingBit;
                exponent++;
            }
        }

        return false;
    }

    // More than half of a unit, or just half and odd.
    static bool IsAboveHalf(ulong high, ulong below, ulong low, ulong unit)
    {
        bool odd = (high & unit) != 0;
        if (unit == 1)
            return low > Unpacked.LeadingBit || (low == Unpacked.LeadingBit && odd);
        ulong half = unit >> 1;
        return below > half || (below == half && (low != 0 || odd));
    }

    // Tiny after rounding: below the least normal number even when rounded with an exponent of any range.
    static bool IsTiny(in Unrounded value, in FloatFormat format, in FloatEnvironment environment)
    {
        if (value.Exponent < format.MinExponent - 1)
            return true;
        ulong high = value.High;
        int exponent = value.Exponent;
        RoundBits(ref high, value.Low, ref exponent, value.Sign, format.Precision, environment.Rounding, out _);
        return exponent < format.MinExponent;
    }

    static Unpacked Overflow(bool sign, int exponent, ulong significand, in FloatFormat format, ref FloatEnvironment environment)
    {
        environment.Raise(FloatExceptions.Overflow);
        if (!environment.IsMasked(FloatExceptions.Overflow))
            return exponent - ExponentWrap <= format.MaxExponent
                ? new Unpacked(FloatClass.Finite, sign, exponent - ExponentWrap, significand)
                : TooFar(Unpacked.Infinity(sign), ref environment);
        environment.Raise(FloatExceptions.Inexact);
        bool infinite = environment.Rounding switch
        {
            RoundingMode.Nearest => true,
            RoundingMode.Down => sign,
            RoundingMode.Up => !sign,
            _ => false,
        };
        environment.RoundedUp = infinite;
        return infinite
            ? Unpacked.Infinity(sign)
            : new Unpacked(FloatClass.Finite, sign, format.MaxExponent, ulong.MaxValue << (64 - format.Precision));
    }

    // Out of range even with the exponent moved, as only FSCALE gets.
    static Unpacked TooFar(Unpacked result, ref FloatEnvironment environment)
    {
        environment.Raise(FloatExceptions.Inexact);
        environment.RoundedUp = result.IsInfinity;
        return result;
    }
}
