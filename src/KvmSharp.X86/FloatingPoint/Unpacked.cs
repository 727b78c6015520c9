namespace KvmSharp.X86.FloatingPoint;

/// <summary>The kinds of numbers arithmetic tells apart.</summary>
enum FloatClass : byte
{
    /// <summary>Zero, of either sign.</summary>
    Zero,

    /// <summary>Any other finite number.</summary>
    Finite,

    /// <summary>Infinity.</summary>
    Infinity,

    /// <summary>A quiet NaN.</summary>
    QuietNaN,

    /// <summary>A NaN that raises invalid when used.</summary>
    SignalingNaN,

    /// <summary>x87 bit patterns that stand for nothing.</summary>
    Unsupported,
}

/// <summary>
/// A number out of its format: (−1)^sign × significand ÷ 2^63 × 2^exponent. A finite one has bit 63 set, whatever it had in
/// its format; after rounding, a clear bit 63 says it is denormal there.
/// </summary>
readonly struct Unpacked(FloatClass kind, bool sign, int exponent, ulong significand)
{
    internal const ulong LeadingBit = 1UL << 63;

    internal FloatClass Class { get; } = kind;

    internal bool Sign { get; } = sign;

    internal int Exponent { get; } = exponent;

    internal ulong Significand { get; } = significand;

    internal bool IsNaN => Class is FloatClass.QuietNaN or FloatClass.SignalingNaN;

    internal bool IsZero => Class == FloatClass.Zero;

    internal bool IsInfinity => Class == FloatClass.Infinity;

    internal Unpacked WithSign(bool sign) => new(Class, sign, Exponent, Significand);

    internal static Unpacked Zero(bool sign) => new(FloatClass.Zero, sign, 0, 0);

    internal static Unpacked Infinity(bool sign) => new(FloatClass.Infinity, sign, 0, LeadingBit);
}
