using System.Numerics;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>Between the bits of an interchange format and numbers taken apart. Bits are right-aligned in 64.</summary>
static class Ieee<TFormat>
    where TFormat : struct, IBinaryFormat
{
    internal static ulong FractionMask => (1UL << TFormat.FractionBits) - 1;

    internal static ulong QuietBit => 1UL << (TFormat.FractionBits - 1);

    internal static int ExponentMask => (1 << TFormat.ExponentBits) - 1;

    internal static ulong SignBit => 1UL << (TFormat.FractionBits + TFormat.ExponentBits);

    internal static ulong InfinityBits => (ulong)ExponentMask << TFormat.FractionBits;

    /// <summary>The "real indefinite": what invalid operations give.</summary>
    internal static ulong DefaultNaN => SignBit | InfinityBits | QuietBit;

    /// <summary>Takes a number apart. A denormal raises its exception, or is zero where that is asked for.</summary>
    /// <param name="bits">The number.</param>
    /// <param name="environment">Told of a denormal operand.</param>
    internal static Unpacked Unpack(ulong bits, ref FloatEnvironment environment)
    {
        bool sign = (bits & SignBit) != 0;
        int exponent = (int)(bits >> TFormat.FractionBits) & ExponentMask;
        ulong fraction = bits & FractionMask;
        if (exponent == ExponentMask)
            return new Unpacked(ClassOfSpecial(fraction), sign, 0, Unpacked.LeadingBit | (fraction << (63 - TFormat.FractionBits)));
        if (exponent != 0)
            return new Unpacked(
                FloatClass.Finite, sign, exponent - TFormat.Format.MaxExponent,
                Unpacked.LeadingBit | (fraction << (63 - TFormat.FractionBits)));
        if (fraction == 0 || environment.DenormalsAreZeros)
            return Unpacked.Zero(sign);
        environment.Raise(FloatExceptions.Denormal);
        int shift = BitOperations.LeadingZeroCount(fraction);
        return new Unpacked(
            FloatClass.Finite, sign, TFormat.Format.MinExponent - (shift - (63 - TFormat.FractionBits)), fraction << shift);
    }

    /// <summary>Puts a number that fits the format together.</summary>
    internal static ulong Pack(in Unpacked value)
    {
        ulong sign = value.Sign ? SignBit : 0;
        ulong fraction = (value.Significand >> (63 - TFormat.FractionBits)) & FractionMask;
        switch (value.Class)
        {
            case FloatClass.Zero:
                return sign;
            case FloatClass.Infinity:
                return sign | InfinityBits;
            case FloatClass.Finite when (value.Significand & Unpacked.LeadingBit) == 0:
                return sign | fraction;
            case FloatClass.Finite:
                return sign | ((ulong)(value.Exponent + TFormat.Format.MaxExponent) << TFormat.FractionBits) | fraction;
            default:
                return sign | InfinityBits | QuietBit | fraction;
        }
    }

    /// <summary>Rounds into the format.</summary>
    internal static ulong Round(in Unrounded value, ref FloatEnvironment environment) =>
        Pack(Rounder.Round(value, TFormat.Format, ref environment));

    internal static bool IsNaN(ulong bits) => (bits & ~SignBit) > InfinityBits;

    internal static bool IsSignalingNaN(ulong bits) => IsNaN(bits) && (bits & QuietBit) == 0;

    static FloatClass ClassOfSpecial(ulong fraction) => fraction == 0 ? FloatClass.Infinity
        : (fraction & QuietBit) != 0 ? FloatClass.QuietNaN : FloatClass.SignalingNaN;
}
