using System;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>FPREM and FPREM1: exact remainders, in steps where the exponents are far apart.</summary>
static class ExtendedRemainder
{
    // The exponents' difference from which on one instruction is only a step.
    const int Complete = 64;

    /// <summary>The remainder of a ÷ b.</summary>
    /// <param name="a">The dividend.</param>
    /// <param name="b">The divisor.</param>
    /// <param name="nearest">The quotient is rounded to nearest (FPREM1) instead of towards zero.</param>
    /// <param name="environment">Told of exceptions.</param>
    /// <param name="quotient">The low bits of the quotient, of a complete reduction.</param>
    /// <param name="complete">Whether the reduction is complete.</param>
    internal static Float80 Compute(
        in Unpacked a, in Unpacked b, bool nearest, ref FloatEnvironment environment, out ulong quotient, out bool complete)
    {
        quotient = 0;
        complete = true;
        if (ExtendedArithmetic.TryNaN(a, b, ref environment, out Float80 nan))
            return nan;
        if (a.IsInfinity || b.IsZero)
            return ExtendedArithmetic.Invalid(ref environment);
        if (a.IsZero)
            return Float80.Pack(a);
        if (b.IsInfinity)
            return ExtendedArithmetic.Round(ExtendedArithmetic.Exactly(a), FloatFormat.Extended, ref environment);

        int difference = a.Exponent - b.Exponent;
        if (difference < Complete)
            return Reduce(a, b, nearest, ref environment, out quotient);
        complete = false;
        // A multiple of b × 2^k is taken away that leaves some 32 to 63 bits less.
        int bits = (difference & 0x1f) | 0x20;
        Unpacked scaled = new(FloatClass.Finite, b.Sign, b.Exponent + difference - bits, b.Significand);
        return Reduce(a, scaled, false, ref environment, out _);
    }

    static Float80 Reduce(in Unpacked a, in Unpacked b, bool nearest, ref FloatEnvironment environment, out ulong quotient)
    {
        int difference = a.Exponent - b.Exponent;
        quotient = 0;
        bool sign = a.Sign;
        UInt128 divisor = b.Significand;
        UInt128 rest = a.Significand;
        int exponent = b.Exponent;
        if (difference < 0)
        {
            // a < b: FPREM leaves a; FPREM1 may take b away once, if a is more than half of it.
            if (!nearest || difference < -1)
                return ExtendedArithmetic.Round(ExtendedArithmetic.Exactly(a), FloatFormat.Extended, ref environment);
            divisor <<= 1;
            exponent--;
        }

        for (int i = Math.Max(difference, 0); i >= 0; i--)
        {
            quotient <<= 1;
            if (rest >= divisor)
            {
                rest -= divisor;
                quotient |= 1;
            }

            if (i != 0)
                rest <<= 1;
        }

        if (nearest && ((rest << 1) > divisor || ((rest << 1) == divisor && (quotient & 1) != 0)))
        {
            rest = divisor - rest;
            sign = !sign;
            quotient++;
        }

        if (rest == 0)
            return Float80.Pack(Unpacked.Zero(a.Sign));
        Unrounded remainder = Unrounded.Normalize(sign, exponent + 64, (ulong)(rest >> 64), (ulong)rest);
        return ExtendedArithmetic.Round(remainder, FloatFormat.Extended, ref environment);
    }
}
