namespace KvmSharp.X86.FloatingPoint;

/// <summary>The reach of a format.</summary>
/// <param name="Precision">Bits of the significand, the leading one included; at most 64.</param>
/// <param name="MinExponent">The exponent of the least normal number.</param>
/// <param name="MaxExponent">The exponent of the greatest finite number.</param>
readonly record struct FloatFormat(int Precision, int MinExponent, int MaxExponent)
{
    internal static FloatFormat Single { get; } = new(24, -126, 127);

    internal static FloatFormat Double { get; } = new(53, -1022, 1023);

    internal static FloatFormat Extended { get; } = new(64, -16382, 16383);
}
