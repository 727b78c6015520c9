using System;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>Elementary functions on <see cref="WideFloat"/>, to some 120 bits.</summary>
/// <remarks>
/// Exponential, sine and cosine are their Taylor series on small arguments. Logarithm and arc tangent start from the host's
/// double and correct it: the difference left is so small that two terms of its series do.
/// </remarks>
static class WideFunctions
{
    // A term below this part of the sum no longer counts.
    const int Negligible = 126;

    // Below 2^this, the first terms of a series in the argument itself are shorter than a correction.
    const int Small = -20;

    static readonly WideFloat _lnOf2 = new(false, -1, new UInt128(0xb172_17f7_d1cf_79ab, 0xc9e3_b398_03f2_f6af));
    static readonly WideFloat _halfPi = new(false, 0, new UInt128(0xc90f_daa2_2168_c234, 0xc4c6_628b_80dc_1cd1));

    // π ÷ 2 as x87 reduces by it: 66 bits of π, so that results for large angles differ from the mathematical ones.
    static readonly UInt128 _halfCircle = ((UInt128)0xc90f_daa2_2168_c234 << 2) | 3;
    const int CircleFraction = 65;

    /// <summary>e^x − 1, for |x| ≤ 1.</summary>
    internal static WideFloat ExponentialMinus1(WideFloat x)
    {
        WideFloat sum = x;
        WideFloat term = x;
        for (int n = 2; !term.IsZero && term.Exponent > sum.Exponent - Negligible; n++)
        {
            term = term * x / n;
            sum += term;
        }

        return sum;
    }

    /// <summary>2^x − 1, for |x| ≤ 1.</summary>
    internal static WideFloat PowerOf2Minus1(WideFloat x) => ExponentialMinus1(x * _lnOf2);

    /// <summary>log2 of a positive number.</summary>
    internal static WideFloat Log2(WideFloat x)
    {
        // The fraction lies around one, so that the two parts never cancel.
        int exponent = x.Exponent;
        WideFloat fraction = x with { Exponent = 0 };
        if (fraction.ToDouble() > 1.4142)
        {
            fraction = fraction.Scale(-1);
            exponent++;
        }

        return WideFloat.From(exponent) + (LogNear1(fraction - WideFloat.One) / _lnOf2);
    }

    /// <summary>log2(1 + x), for x &gt; −1.</summary>
    internal static WideFloat Log2Of1Plus(WideFloat x) =>
        x.Exponent < -1 ? LogNear1(x) / _lnOf2 : Log2(WideFloat.One + x);

    /// <summary>The angle of the point (x, y), neither of them zero.</summary>
    internal static WideFloat ArcTangent(WideFloat y, WideFloat x)
    {
        bool sign = y.Sign;
        y = y.WithSign(false);
        int distance = y.Exponent - x.Exponent;
        WideFloat pi = _halfPi.Scale(1);
        WideFloat angle;
        if (distance < Small)
        {
            angle = ArcTangentOfSmall(y / x.WithSign(false));
            angle = x.Sign ? pi - angle : angle;
        }
        else if (distance > -Small)
        {
            WideFloat complement = ArcTangentOfSmall(x.WithSign(false) / y);
            angle = x.Sign ? _halfPi + complement : _halfPi - complement;
        }
        else
        {
            WideFloat near = x.Scale(-x.Exponent);
            WideFloat far = y.Scale(-x.Exponent);
            WideFloat estimate = WideFloat.From(Math.Atan2(far.ToDouble(), near.ToDouble()));
            (WideFloat sine, WideFloat cosine) = SineAndCosine(estimate);
            WideFloat tangent = ((far * cosine) - (near * sine)) / ((near * cosine) + (far * sine));
            angle = estimate + tangent;
        }

        return angle.WithSign(sign);
    }

    /// <summary>Sine and cosine of x reduced by a multiple of π ÷ 2.</summary>
    /// <param name="x">A number below 2^63.</param>
    /// <param name="quadrant">The multiple, modulo 4.</param>
    internal static (WideFloat Sine, WideFloat Cosine) SineAndCosine(in Unpacked x, out int quadrant)
    {
        WideFloat reduced = Reduce(x, out quadrant);
        return SineAndCosine(reduced);
    }

    // For angles up to π, which need a few more terms.
    static (WideFloat Sine, WideFloat Cosine) SineAndCosine(WideFloat x)
    {
        WideFloat square = -(x * x);
        return (Series(x, square, 2), Series(WideFloat.One, square, 1));
    }

    // term + term × factor ÷ (n (n + 1)) + …
    static WideFloat Series(WideFloat term, WideFloat factor, int n)
    {
        WideFloat sum = term;
        while (!term.IsZero && term.Exponent > sum.Exponent - Negligible)
        {
            term = term * factor / (n * (n + 1));
            sum += term;
            n += 2;
        }

        return sum;
    }

    // x − k π/2 with |result| ≤ π/4, exact for the π that the manuals document.
    static WideFloat Reduce(in Unpacked x, out int quadrant)
    {
        // In units of the constant's last bit x is significand × 2^shift.
        int shift = x.Exponent - 63 + CircleFraction;
        quadrant = 0;
        if (shift < 0)
            return WideFloat.From(x);
        UInt128 rest = x.Significand;
        for (int i = shift; i >= 0; i--)
        {
            quadrant <<= 1;
            if (rest >= _halfCircle)
            {
                rest -= _halfCircle;
                quadrant |= 1;
            }

            if (i != 0)
                rest <<= 1;
        }

        bool beyondHalf = (rest << 1) > _halfCircle;
        if (beyondHalf)
        {
            // The nearer multiple is the next.
            rest = _halfCircle - rest;
            quadrant++;
        }

        quadrant = (x.Sign ? -quadrant : quadrant) & 3;
        int zeros = (int)UInt128.LeadingZeroCount(rest);
        return rest == 0 ? default : new WideFloat(beyondHalf ^ x.Sign, 127 - zeros - CircleFraction, rest << zeros);
    }

    static WideFloat LogNear1(WideFloat x)
    {
        if (x.IsZero)
            return x;
        WideFloat two = WideFloat.One.Scale(1);
        if (x.Exponent < Small)
            return TwiceArcTangentHyperbolic(x / (two + x));
        WideFloat estimate = WideFloat.From(Math.Log(1 + x.ToDouble()));
        // log(1 + x) = estimate + log((1 + x) ÷ e^estimate); the rest is 2 artanh of a number of some 2^−53.
        WideFloat power = ExponentialMinus1(estimate);
        WideFloat rest = (x - power) / (two + x + power);
        return estimate + TwiceArcTangentHyperbolic(rest);
    }

    // 2 (x + x³/3 + x⁵/5 + …)
    static WideFloat TwiceArcTangentHyperbolic(WideFloat x) => OddSeries(x, x * x).Scale(1);

    // x − x³/3 + x⁵/5 − …
    static WideFloat ArcTangentOfSmall(WideFloat x) => OddSeries(x, -(x * x));

    static WideFloat OddSeries(WideFloat x, WideFloat square)
    {
        WideFloat sum = x;
        WideFloat power = x;
        for (int n = 3; !power.IsZero && power.Exponent > sum.Exponent - Negligible; n += 2)
        {
            power *= square;
            sum += power / n;
        }

        return sum;
    }
}
