using System;
using System.Numerics;
using System.Runtime.Intrinsics;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Simd;

/// <summary>PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM: compares the characters of two strings of up to sixteen bytes.</summary>
/// <remarks>
/// The steps, as the control byte orders them: compare every character of one with every one of the other; combine the
/// results into one bit for each character of the second string, by the aggregation; invert; then give the first or
/// last index, or the bits as a mask.
/// <code>
///  6      5:4      3:2         1    0
///  last   polarity aggregation sign words
/// </code>
/// </remarks>
static class PackedString
{
    enum Aggregation
    {
        EqualAny,
        Ranges,
        EqualEach,
        EqualOrdered,
    }

    /// <summary>Characters before the first zero.</summary>
    internal static int ImplicitLength(Vector128<byte> text, byte control)
    {
        bool words = (control & 1) != 0;
        uint zeros = words
            ? Vector128.Equals(text.AsUInt16(), default).ExtractMostSignificantBits()
            : Vector128.Equals(text, default).ExtractMostSignificantBits();
        return Math.Min(BitOperations.TrailingZeroCount(zeros), CharactersIn(control));
    }

    /// <summary>A length as given in a register: its magnitude, at most what fits.</summary>
    internal static int ExplicitLength(long length, byte control) =>
        (int)Math.Min(length < 0 ? 0 - (ulong)length : (ulong)length, (ulong)CharactersIn(control));

    /// <summary>Compares.</summary>
    /// <param name="a">The first string.</param>
    /// <param name="aLength">Its characters in use.</param>
    /// <param name="b">The second string.</param>
    /// <param name="bLength">Its characters in use.</param>
    /// <param name="control">The control byte.</param>
    /// <param name="flags">CF, ZF, SF, OF; AF and PF are clear.</param>
    /// <returns>A bit for each character of the second string.</returns>
    internal static uint Compare(
        Vector128<byte> a, int aLength, Vector128<byte> b, int bLength, byte control, out ulong flags)
    {
        int count = CharactersIn(control);
        uint all = (1u << count) - 1;
        uint valid = (1u << bLength) - 1;
        uint result = 0;
        Aggregation aggregation = (Aggregation)((control >> 2) & 3);
        for (int j = 0; j < count; j++)
            result |= Combine(aggregation, a, aLength, b, bLength, j, control) ? 1u << j : 0;
        result = ((control >> 4) & 3) switch
        {
            1 => ~result & all,
            3 => result ^ valid,
            _ => result,
        };
        flags = (result != 0 ? RFlags.CF : 0) | (bLength < count ? RFlags.ZF : 0) | (aLength < count ? RFlags.SF : 0)
            | ((result & 1) != 0 ? RFlags.OF : 0);
        return result;
    }

    /// <summary>The index that PCMPxSTRI puts into ECX.</summary>
    internal static uint Index(uint result, byte control) => result == 0 ? (uint)CharactersIn(control)
        : (control & 0x40) != 0 ? (uint)BitOperations.Log2(result) : (uint)BitOperations.TrailingZeroCount(result);

    /// <summary>The mask that PCMPxSTRM puts into XMM0: bits, or whole characters.</summary>
    internal static Vector128<byte> Mask(uint result, byte control)
    {
        if ((control & 0x40) == 0)
            return Vector128.CreateScalar(result).AsByte();
        if ((control & 1) != 0)
        {
            Vector128<ushort> wordBits = Vector128.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128);
            return Vector128.Equals(Vector128.Create((ushort)result) & wordBits, wordBits).AsByte();
        }

        Vector128<byte> bits = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        Vector128<byte> spread = Vector128.Create(Vector64.Create((byte)result), Vector64.Create((byte)(result >> 8)));
        return Vector128.Equals(spread & bits, bits);
    }

    // Whether character j of b matches.
    static bool Combine(
        Aggregation aggregation, Vector128<byte> a, int aLength, Vector128<byte> b, int bLength, int j, byte control)
    {
        int count = CharactersIn(control);
        switch (aggregation)
        {
            case Aggregation.EqualAny:
                for (int i = 0; i < aLength; i++)
                {
                    if (j < bLength && Character(a, i, control) == Character(b, j, control))
                        return true;
                }

                return false;
            case Aggregation.Ranges:
                for (int i = 0; i + 1 < aLength; i += 2)
                {
                    int character = Character(b, j, control);
                    if (j < bLength && Character(a, i, control) <= character && character <= Character(a, i + 1, control))
                        return true;
                }

                return false;
            case Aggregation.EqualEach:
                // Beyond both ends is a match, beyond one is none.
                return j >= aLength || j >= bLength
                    ? j >= aLength && j >= bLength
                    : Character(a, j, control) == Character(b, j, control);
            default:
                for (int i = 0; i < aLength && i + j < count; i++)
                {
                    if (i + j >= bLength || Character(a, i, control) != Character(b, i + j, control))
                        return false;
                }

                return true;
        }
    }

    static int CharactersIn(byte control) => (control & 1) != 0 ? 8 : 16;

    static int Character(Vector128<byte> text, int i, byte control) => (control & 3) switch
    {
        0 => text[i],
        1 => text.AsUInt16()[i],
        2 => text.AsSByte()[i],
        _ => text.AsInt16()[i],
    };
}
