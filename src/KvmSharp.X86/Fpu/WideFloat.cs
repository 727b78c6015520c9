using System;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>
/// A number with a significand of 128 bits, for the steps of a transcendental function: nearly twice what its result has, so
/// the errors of all steps together stay far below it. Truncated, never rounded; of no format.
/// </summary>
/// <param name="Sign">Negative.</param>
/// <param name="Exponent">The weight of the leading bit, as a power of two.</param>
/// <param name="Significand">The leading bit set, or zero for zero.</param>
readonly record struct WideFloat(bool Sign, int Exponent, UInt128 Significand)
{
    internal static WideFloat One { get; } = new(false, 0, UInt128.One << 127);

    internal bool IsZero => Significand == 0;

    internal static WideFloat From(in Unpacked value) =>
        value.IsZero ? default : new(value.Sign, value.Exponent, new UInt128(value.Significand, 0));

    internal static WideFloat From(in Unrounded value) => new(value.Sign, value.Exponent, new UInt128(value.High, value.Low));

    /// <summary>A finite double that is no denormal.</summary>
    internal static WideFloat From(double value)
    {
        FloatEnvironment unused = default;
        return From(Ieee<Binary64>.Unpack(BitConverter.DoubleToUInt64Bits(value), ref unused));
    }

    /// <summary>The nearest double, about; out of its range it is 0 or infinity.</summary>
    internal double ToDouble() =>
        IsZero ? 0 : Math.ScaleB((double)(ulong)(Significand >> 64), Exponent - 63) * (Sign ? -1 : 1);

    internal WideFloat Scale(int power) => IsZero ? this : this with { Exponent = Exponent + power };

    internal WideFloat WithSign(bool sign) => this with { Sign = sign };

    /// <summary>The same as a result to be rounded, never exact.</summary>
    internal Unrounded ToUnrounded() => new(Sign, Exponent, (ulong)(Significand >> 64), (ulong)Significand | 1);

    public static WideFloat operator -(WideFloat a) => a with { Sign = !a.Sign };

    public static WideFloat operator -(WideFloat a, WideFloat b) => a + -b;

    public static WideFloat operator +(WideFloat a, WideFloat b)
    {
        if (a.IsZero || b.IsZero)
            return a.IsZero ? b : a;
        if (a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand))
            (a, b) = (b, a);
        int distance = a.Exponent - b.Exponent;
        UInt128 smaller = distance > 127 ? 0 : b.Significand >> distance;
        if (a.Sign != b.Sign)
            return Normalize(a.Sign, a.Exponent, a.Significand - smaller);
        UInt128 sum = a.Significand + smaller;
        return sum >= a.Significand
            ? new WideFloat(a.Sign, a.Exponent, sum)
            : new WideFloat(a.Sign, a.Exponent + 1, (sum >> 1) | (UInt128.One << 127));
    }

    public static WideFloat operator *(WideFloat a, WideFloat b)
    {
        if (a.IsZero || b.IsZero)
            return default;
        (ulong aHigh, ulong aLow) = Halves(a.Significand);
        (ulong bHigh, ulong bLow) = Halves(b.Significand);
        ulong top = Math.BigMul(aHigh, bHigh, out ulong middle);
        ulong cross1 = Math.BigMul(aHigh, bLow, out ulong low1);
        ulong cross2 = Math.BigMul(aLow, bHigh, out ulong low2);
        ulong bottom = Math.BigMul(aLow, bLow, out _);
        UInt128 carry = (UInt128)low1 + low2 + bottom;
        UInt128 product = new UInt128(top, middle) + cross1 + cross2 + (carry >> 64);
        return Normalize(a.Sign ^ b.Sign, a.Exponent + b.Exponent + 1, product, (ulong)carry);
    }

    public static WideFloat operator /(WideFloat a, WideFloat b)
    {
        if (a.IsZero)
            return default;
        // Long division, a bit at a time: the divisions are few.
        UInt128 rest = a.Significand;
        UInt128 quotient = 0;
        bool carried = false;
        for (int i = 0; i < 128; i++)
        {
            quotient <<= 1;
            if (carried || rest >= b.Significand)
            {
                rest -= b.Significand;
                quotient |= 1;
            }

            carried = rest >> 127 != 0;
            rest <<= 1;
        }

        return Normalize(a.Sign ^ b.Sign, a.Exponent - b.Exponent, quotient);
    }

    /// <summary>Divides by a small whole number.</summary>
    public static WideFloat operator /(WideFloat a, int divisor)
    {
        (ulong high, ulong low) = Halves(a.Significand);
        ulong quotientHigh = high / (ulong)divisor;
        ulong quotientLow = WideInteger.Divide(high % (ulong)divisor, low, (ulong)divisor, out ulong rest);
        // The bits that normalizing makes room for come from the rest.
        ulong below = WideInteger.Divide(rest, 0, (ulong)divisor, out _);
        return Normalize(a.Sign, a.Exponent, new UInt128(quotientHigh, quotientLow), below);
    }

    static WideFloat Normalize(bool sign, int exponent, UInt128 significand, ulong below = 0)
    {
        if (significand == 0)
            return default;
        int shift = (int)UInt128.LeadingZeroCount(significand);
        if (shift == 0)
            return new WideFloat(sign, exponent, significand);
        UInt128 filled = shift < 64 ? (UInt128)(below >> (64 - shift)) : (UInt128)below << (shift - 64);
        return new WideFloat(sign, exponent - shift, (significand << shift) | filled);
    }

    static (ulong High, ulong Low) Halves(UInt128 value) => ((ulong)(value >> 64), (ulong)value);
}
