using System;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// The four operations and the root on finite numbers other than zero, exact up to the lowest bit, which says whether
/// anything follows. Rounding is <see cref="Rounder"/>'s business.
/// </summary>
static class ExactArithmetic
{
    /// <summary>a + b. A difference of nothing is <c>default</c>, whose sign rounding decides.</summary>
    internal static Unrounded Add(in Unpacked a, in Unpacked b)
    {
        if (a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand))
            return Add(b, a);
        (ulong high, ulong low) = Unrounded.ShiftRightJam(b.Significand, 0, a.Exponent - b.Exponent);
        if (a.Sign != b.Sign)
        {
            ulong borrow = low != 0 ? 1UL : 0;
            return Unrounded.Normalize(a.Sign, a.Exponent, a.Significand - high - borrow, 0 - low);
        }

        ulong sum = a.Significand + high;
        if (sum >= a.Significand)
            return new Unrounded(a.Sign, a.Exponent, sum, low);
        (ulong sumHigh, ulong sumLow) = Unrounded.ShiftRightJam(sum, low, 1);
        return new Unrounded(a.Sign, a.Exponent + 1, sumHigh | Unpacked.LeadingBit, sumLow);
    }

    /// <summary>a × b.</summary>
    internal static Unrounded Multiply(in Unpacked a, in Unpacked b)
    {
        ulong high = Math.BigMul(a.Significand, b.Significand, out ulong low);
        return Unrounded.Normalize(a.Sign ^ b.Sign, a.Exponent + b.Exponent + 1, high, low);
    }

    /// <summary>a ÷ b.</summary>
    internal static Unrounded Divide(in Unpacked a, in Unpacked b)
    {
        // The dividend is kept below the divisor, so that the quotient has 64 bits, the first of them set.
        int exponent = a.Exponent - b.Exponent - 1;
        ulong high = a.Significand;
        ulong low = 0;
        if (high >= b.Significand)
        {
            low = high << 63;
            high >>= 1;
            exponent++;
        }

        ulong quotient = WideInteger.Divide(high, low, b.Significand, out ulong remainder);
        // One bit more, and whether anything is left.
        bool half = remainder >= b.Significand - remainder;
        bool rest = half ? remainder != b.Significand - remainder : remainder != 0;
        return new Unrounded(a.Sign ^ b.Sign, exponent, quotient, (half ? Unpacked.LeadingBit : 0) | (rest ? 1UL : 0));
    }

    /// <summary>The root of a positive number.</summary>
    internal static Unrounded SquareRoot(in Unpacked a)
    {
        // significand × 2^63 or 2^64, so that half of the exponent is whole.
        bool odd = (a.Exponent & 1) != 0;
        UInt128 radicand = odd ? new UInt128(a.Significand, 0) : new UInt128(a.Significand >> 1, a.Significand << 63);
        ulong root = WideInteger.SquareRoot(radicand);
        UInt128 remainder = radicand - ((UInt128)root * root);
        ulong low = remainder > root ? Unpacked.LeadingBit : 0;
        return new Unrounded(false, a.Exponent >> 1, root, low | (remainder != 0 ? 1UL : 0));
    }
}
