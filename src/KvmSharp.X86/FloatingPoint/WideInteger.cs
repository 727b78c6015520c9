using System;
using System.Numerics;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>Integer steps that .NET has only at 256-bit cost or not at all.</summary>
static class WideInteger
{
    /// <summary>(high:low) ÷ divisor for high &lt; divisor, so that the quotient fits.</summary>
    internal static ulong Divide(ulong high, ulong low, ulong divisor, out ulong remainder)
    {
        // Knuth's algorithm D with two digits of 32 bits; the divisor's top bit must be set.
        int shift = BitOperations.LeadingZeroCount(divisor);
        if (shift != 0)
        {
            divisor <<= shift;
            high = (high << shift) | (low >> (64 - shift));
            low <<= shift;
        }

        ulong quotientHigh = Digit(high, low >> 32, divisor, out ulong partial);
        ulong quotientLow = Digit(partial, low & uint.MaxValue, divisor, out partial);
        remainder = partial >> shift;
        return (quotientHigh << 32) | quotientLow;
    }

    /// <summary>The integer part of the root of a number of at least 2^126.</summary>
    internal static ulong SquareRoot(UInt128 value)
    {
        ulong high = (ulong)(value >> 64);
        // Some 52 bits from the host, which one step of Newton's doubles.
        double estimate = Math.Sqrt((double)high) * 4294967296.0;
        ulong root = estimate >= 18446744073709549568.0 ? ulong.MaxValue : (ulong)estimate;
        if (high < root)
        {
            ulong quotient = Divide(high, (ulong)value, root, out _);
            root = (root >> 1) + (quotient >> 1) + (root & quotient & 1);
        }

        while ((UInt128)root * root > value)
            root--;
        while (root != ulong.MaxValue && (UInt128)(root + 1) * (root + 1) <= value)
            root++;
        return root;
    }

    // One digit of the quotient of (rest:next) by a divisor whose top bit is set; rest < divisor.
    static ulong Digit(ulong rest, ulong next, ulong divisor, out ulong remainder)
    {
        ulong top = divisor >> 32;
        ulong bottom = divisor & uint.MaxValue;
        ulong digit = rest / top;
        ulong left = rest - (digit * top);
        while (digit > uint.MaxValue || digit * bottom > ((left << 32) | next))
        {
            digit--;
            left += top;
            if (left > uint.MaxValue)
                break;
        }

        remainder = (rest << 32) + next - (digit * divisor);
        return digit;
    }
}
