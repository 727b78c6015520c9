using System.Numerics;

namespace KvmSharp.X86.FloatingPoint;

/// <summary>
/// An exact result, or one so close that rounding cannot tell: (−1)^sign × (high:low) ÷ 2^127 × 2^exponent with the leading
/// bit set. Bits beyond the 128 are collected ("jammed") into the lowest.
/// </summary>
readonly struct Unrounded(bool sign, int exponent, ulong high, ulong low)
{
    internal bool Sign { get; } = sign;

    internal int Exponent { get; } = exponent;

    internal ulong High { get; } = high;

    internal ulong Low { get; } = low;

    internal bool IsZero => (High | Low) == 0;

    /// <summary>Shifts the leading bit to the top.</summary>
    internal static Unrounded Normalize(bool sign, int exponent, ulong high, ulong low)
    {
        if (high == 0)
        {
            if (low == 0)
                return default;
            (high, low) = (low, 0);
            exponent -= 64;
        }

        int shift = BitOperations.LeadingZeroCount(high);
        if (shift != 0)
        {
            high = (high << shift) | (low >> (64 - shift));
            low <<= shift;
        }

        return new Unrounded(sign, exponent - shift, high, low);
    }

    /// <summary>Shifts right; what falls out leaves its trace in the lowest bit.</summary>
    internal static (ulong High, ulong Low) ShiftRightJam(ulong high, ulong low, int count)
    {
        switch (count)
        {
            case 0:
                return (high, low);
            case < 64:
                ulong lost = low << (64 - count);
                return (high >> count, (high << (64 - count)) | (low >> count) | (lost != 0 ? 1UL : 0));
            case 64:
                return (0, high | (low != 0 ? 1UL : 0));
            case < 128:
                lost = (high << (128 - count)) | low;
                return (0, (high >> (count - 64)) | (lost != 0 ? 1UL : 0));
            default:
                return (0, (high | low) != 0 ? 1UL : 0);
        }
    }
}
