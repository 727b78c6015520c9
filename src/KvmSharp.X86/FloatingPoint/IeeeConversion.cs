using System.Numerics;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>Between numbers and integers, and between formats.</summary>
static class IeeeConversion
{
    /// <summary>A signed integer as a number.</summary>
    internal static ulong FromInteger<TFormat>(long value, ref FloatEnvironment environment)
        where TFormat : struct, IBinaryFormat
    {
        if (value == 0)
            return 0;
        bool sign = value < 0;
        ulong magnitude = sign ? 0 - (ulong)value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return Ieee<TFormat>.Round(new Unrounded(sign, 63 - shift, magnitude << shift, 0), ref environment);
    }

    /// <summary>A number as a signed integer of 32 or 64 bits; what does not fit is the most negative one.</summary>
    internal static long ToInteger<TFormat>(ulong bits, int size, bool truncate, ref FloatEnvironment environment)
        where TFormat : struct, IBinaryFormat
    {
        // Denormals raise no exception of their own here: they are rounded like any other small number.
        FloatExceptions before = environment.Raised;
        Unpacked value = Ieee<TFormat>.Unpack(bits, ref environment);
        environment.Raised = before;
        return ToInteger(value, size, truncate ? RoundingMode.Truncate : environment.Rounding, ref environment);
    }

    internal static long ToInteger(in Unpacked value, int size, RoundingMode rounding, ref FloatEnvironment environment)
    {
        long indefinite = long.MinValue >> (64 - size);
        if (value.IsZero)
            return 0;
        if (value.Class != FloatClass.Finite || value.Exponent >= size)
        {
            environment.Raise(FloatExceptions.Invalid);
            return indefinite;
        }

        bool exact = RoundToWhole(value, rounding, out ulong magnitude, out bool up);
        ulong limit = (1UL << (size - 1)) - (value.Sign ? 0UL : 1);
        if (magnitude > limit)
        {
            environment.Raise(FloatExceptions.Invalid);
            return indefinite;
        }

        environment.RoundedUp = up;
        if (!exact)
            environment.Raise(FloatExceptions.Inexact);
        return value.Sign ? (long)(0 - magnitude) : (long)magnitude;
    }

    /// <summary>ROUNDPS and its kin: a whole number of the same format.</summary>
    internal static ulong RoundToWhole<TFormat>(
        ulong bits, RoundingMode rounding, bool suppressInexact, ref FloatEnvironment environment)
        where TFormat : struct, IBinaryFormat
    {
        if (Ieee<TFormat>.IsNaN(bits))
            return IeeeArithmetic<TFormat>.PropagateNaN(bits, bits, ref environment);
        FloatExceptions before = environment.Raised;
        Unpacked value = Ieee<TFormat>.Unpack(bits, ref environment);
        environment.Raised = before;
        if (value.Class != FloatClass.Finite)
            return Ieee<TFormat>.Pack(value);
        if (value.Exponent >= TFormat.FractionBits)
            return bits;
        if (!RoundToWhole(value, rounding, out ulong magnitude, out _) && !suppressInexact)
            environment.Raise(FloatExceptions.Inexact);
        if (magnitude == 0)
            return Ieee<TFormat>.Pack(Unpacked.Zero(value.Sign));
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return Ieee<TFormat>.Pack(new Unpacked(FloatClass.Finite, value.Sign, 63 - shift, magnitude << shift));
    }

    /// <summary>From one format to the other.</summary>
    internal static ulong Convert<TFrom, TTo>(ulong bits, ref FloatEnvironment environment)
        where TFrom : struct, IBinaryFormat
        where TTo : struct, IBinaryFormat
    {
        Unpacked value = Ieee<TFrom>.Unpack(bits, ref environment);
        if (value.Class == FloatClass.SignalingNaN)
            environment.Raise(FloatExceptions.Invalid);
        return value.Class == FloatClass.Finite
            ? Ieee<TTo>.Round(new Unrounded(value.Sign, value.Exponent, value.Significand, 0), ref environment)
            : Ieee<TTo>.Pack(value);
    }

    /// <summary>Rounds a finite number of an exponent below 64 to a whole one.</summary>
    /// <returns>Whether it was whole.</returns>
    internal static bool RoundToWhole(in Unpacked value, RoundingMode rounding, out ulong magnitude, out bool up)
    {
        if (value.Exponent == 63)
        {
            magnitude = value.Significand;
            up = false;
            return true;
        }

        // The whole part in the high word, the fraction in the low.
        (magnitude, ulong fraction) = Unrounded.ShiftRightJam(value.Significand, 0, 63 - value.Exponent);
        up = fraction != 0 && rounding switch
        {
            RoundingMode.Nearest => fraction > Unpacked.LeadingBit || (fraction == Unpacked.LeadingBit && (magnitude & 1) != 0),
            RoundingMode.Down => value.Sign,
            RoundingMode.Up => !value.Sign,
            _ => false,
        };
        magnitude += up ? 1UL : 0;
        return fraction == 0;
    }
}
