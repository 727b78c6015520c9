using System;

namespace KvmSharp.X86.Operations;

/// <summary>An operand and what is shifted into it (SHLD, SHRD).</summary>
/// <remarks>
/// A 16-bit operand can be shifted further than it and its filler are wide; processors then go round. So the narrow ones
/// stand three in a row: value, filler, value.
/// </remarks>
readonly struct DoubleShift(ulong value, ulong filler, int bits)
{
    /// <summary>The value after it has moved left, filled from the filler's highest bits.</summary>
    internal ulong Left(int count)
    {
        UInt128 row = bits == 64 ? ((UInt128)value << 64) | filler : Row;
        int above = bits == 64 ? 64 : 2 * bits;
        return (ulong)(row >> (above - count)) & Mask;
    }

    /// <summary>The value after it has moved right, filled from the filler's lowest bits.</summary>
    internal ulong Right(int count) => (ulong)((bits == 64 ? ((UInt128)filler << 64) | value : Row) >> count) & Mask;

    /// <summary>The last bit that leaves on the left.</summary>
    internal ulong OutLeft(int count) => Left(count - 1) >> (bits - 1);

    /// <summary>The last bit that leaves on the right.</summary>
    internal ulong OutRight(int count) => Right(count - 1) & 1;

    UInt128 Row => ((UInt128)value << (2 * bits)) | ((UInt128)filler << bits) | value;

    ulong Mask => bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
}
