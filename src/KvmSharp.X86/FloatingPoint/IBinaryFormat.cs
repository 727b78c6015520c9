namespace KvmSharp.X86.FloatingPoint;

/// <summary>An interchange format of IEEE 754 as a type parameter, so that arithmetic is compiled for each.</summary>
interface IBinaryFormat
{
    /// <summary>Bits of the fraction, below the exponent.</summary>
    static abstract int FractionBits { get; }

    /// <summary>Bits of the exponent, below the sign.</summary>
    static abstract int ExponentBits { get; }

    static abstract FloatFormat Format { get; }
}

/// <summary>binary32, float.</summary>
readonly struct Binary32 : IBinaryFormat
{
    public static int FractionBits => 23;

    public static int ExponentBits => 8;

    public static FloatFormat Format => FloatFormat.Single;
}

/// <summary>binary64, double.</summary>
readonly struct Binary64 : IBinaryFormat
{
    public static int FractionBits => 52;

    public static int ExponentBits => 11;

    public static FloatFormat Format => FloatFormat.Double;
}
