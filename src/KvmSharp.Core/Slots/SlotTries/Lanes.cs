using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// The numbers of one node side by side, so that one comparison looks at several. Lanes that are not in use hold
/// <see cref="Unused"/>, so that counting never asks how many are.
/// </summary>
[InlineArray(Width)]
struct Lanes
{
    /// <summary>Entries in a node.</summary>
    public const int Width = 16;

    /// <summary>Above every key.</summary>
    public const long Unused = long.MaxValue;

    long _first;

    /// <summary>How many of the lanes hold <paramref name="value"/> or less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountUpTo(ReadOnlySpan<long> lanes, long value)
    {
        Vector256<long> pivot = Vector256.Create(value);
        Vector256<long> above0 = Above(lanes, 0, pivot) + Above(lanes, 4, pivot);
        Vector256<long> above1 = Above(lanes, 8, pivot) + Above(lanes, 12, pivot);
        return Width + (int)Vector256.Sum(above0 + above1);
    }

    /// <summary>One bit for each lane that holds more than <paramref name="value"/>.</summary>
    public static uint MaskAbove(ReadOnlySpan<long> lanes, long value)
    {
        Vector256<long> pivot = Vector256.Create(value);
        uint mask = 0;
        for (int lane = 0; lane < Width; lane += Vector256<long>.Count)
            mask |= Above(lanes, lane, pivot).ExtractMostSignificantBits() << lane;
        return mask;
    }

    /// <summary>Minus one in each of four lanes that holds more than the pivot, zero in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<long> Above(ReadOnlySpan<long> lanes, int lane, Vector256<long> pivot) =>
        Vector256.GreaterThan(Vector256.Create(lanes.Slice(lane, Vector256<long>.Count)), pivot);
}
