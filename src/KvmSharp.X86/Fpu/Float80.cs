using System.Numerics;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>A number in x87's format: sign and exponent in 16 bits, and a significand whose leading bit is explicit.</summary>
/// <param name="SignExponent">Sign, then 15 bits of exponent with a bias of 16383.</param>
/// <param name="Significand">64 bits, the leading one included.</param>
readonly record struct Float80(ushort SignExponent, ulong Significand)
{
    const int Bias = 16383;
    const int MaxBiased = 0x7fff;
    const ulong QuietBit = 1UL << 62;

    /// <summary>The "real indefinite": what invalid operations give.</summary>
    internal static Float80 DefaultNaN { get; } = new(0xffff, Unpacked.LeadingBit | QuietBit);

    internal bool Sign => (SignExponent & 0x8000) != 0;

    internal int BiasedExponent => SignExponent & MaxBiased;

    internal FloatClass Class => BiasedExponent switch
    {
        0 => Significand == 0 ? FloatClass.Zero : FloatClass.Finite,
        _ when Significand >> 63 == 0 => FloatClass.Unsupported,
        MaxBiased when Significand == Unpacked.LeadingBit => FloatClass.Infinity,
        MaxBiased => (Significand & QuietBit) != 0 ? FloatClass.QuietNaN : FloatClass.SignalingNaN,
        _ => FloatClass.Finite,
    };

    /// <summary>Denormal or pseudo-denormal: raises the denormal exception when used in arithmetic.</summary>
    internal bool IsDenormal => BiasedExponent == 0 && Significand != 0;

    internal Float80 WithSign(bool sign) => new((ushort)(BiasedExponent | (sign ? 0x8000 : 0)), Significand);

    /// <summary>Takes it apart; a denormal raises its exception.</summary>
    internal Unpacked Unpack(ref FloatEnvironment environment)
    {
        FloatClass kind = Class;
        if (kind != FloatClass.Finite)
            return new Unpacked(kind, Sign, 0, Significand);
        if (BiasedExponent != 0)
            return new Unpacked(FloatClass.Finite, Sign, BiasedExponent - Bias, Significand);
        environment.Raise(FloatExceptions.Denormal);
        int shift = BitOperations.LeadingZeroCount(Significand);
        return new Unpacked(FloatClass.Finite, Sign, 1 - Bias - shift, Significand << shift);
    }

    /// <summary>Takes it apart without a word about denormals.</summary>
    internal Unpacked UnpackQuietly()
    {
        FloatEnvironment unused = default;
        return Unpack(ref unused);
    }

    /// <summary>Puts a number together that fits. A NaN becomes quiet.</summary>
    internal static Float80 Pack(in Unpacked value)
    {
        int exponent = value.Class switch
        {
            FloatClass.Zero => 0,
            FloatClass.Finite => (value.Significand & Unpacked.LeadingBit) == 0 ? 0 : value.Exponent + Bias,
            _ => MaxBiased,
        };
        ulong significand = value.Class switch
        {
            FloatClass.Zero => 0,
            FloatClass.QuietNaN or FloatClass.SignalingNaN => value.Significand | QuietBit,
            _ => value.Significand,
        };
        return new Float80((ushort)(exponent | (value.Sign ? 0x8000 : 0)), significand);
    }
}
