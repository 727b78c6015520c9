using System;
using System.Diagnostics;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>
/// Which protection each page of a mapping has: an immutable array of runs in rising order. A run reaches to the start
/// of the next one, the last to the end of the mapping. No array means one run of the initial protection.
/// </summary>
/// <remarks>
/// A run is a word: the offset of its first byte (a page multiple) with the <see cref="HostProtection"/> in the low
/// bits.
/// Invariants:
/// - The first run starts at offset zero.
/// - Offsets rise strictly and lie in the mapping.
/// - Neighbours differ in protection, so every run is as large as can be.
/// </remarks>
static class ProtectionRuns
{
    /// <summary>Finds the run that holds the byte at <paramref name="offset"/>: [start, end) in bytes.</summary>
    internal static HostProtection Find(ulong[] runs, ulong mappingLength, ulong offset, out ulong start, out ulong end)
    {
        int index = IndexAt(runs, offset);
        start = OffsetOf(runs[index]);
        end = index + 1 < runs.Length ? OffsetOf(runs[index + 1]) : mappingLength;
        return ProtectionOf(runs[index]);
    }

    /// <summary>The runs after the pages of an extent have got a protection. The extent is not empty.</summary>
    internal static ulong[]? Replace(
        ulong[]? runs, ulong mappingLength, HostProtection initial, ulong offset, ulong length, HostProtection protection)
    {
        runs ??= [Pack(0, initial)];
        ulong end = offset + length;
        int first = IndexAt(runs, offset);
        int last = IndexAt(runs, end - 1);

        // Kept in front: the runs below the extent, the last of them cut short by it.
        int head = OffsetOf(runs[first]) < offset ? first + 1 : first;
        bool joinsHead = head > 0 && ProtectionOf(runs[head - 1]) == protection;

        // Kept behind: what the extent leaves of the run it ends in, then the runs above.
        int tail = last + 1;
        ulong lastEnd = tail < runs.Length ? OffsetOf(runs[tail]) : mappingLength;
        HostProtection remainder = ProtectionOf(runs[last]);
        bool leavesRemainder = end < lastEnd && remainder != protection;
        if (end == lastEnd && tail < runs.Length && ProtectionOf(runs[tail]) == protection)
            tail++;

        int count = head + (joinsHead ? 0 : 1) + (leavesRemainder ? 1 : 0) + (runs.Length - tail);
        ulong[] result = new ulong[count];
        runs.AsSpan(0, head).CopyTo(result);
        int next = head;
        if (!joinsHead)
            result[next++] = Pack(offset, protection);
        if (leavesRemainder)
            result[next++] = Pack(end, remainder);
        runs.AsSpan(tail).CopyTo(result.AsSpan(next));

        CheckInvariants(result, mappingLength);
        return result.Length == 1 && ProtectionOf(result[0]) == initial ? null : result;
    }

    [Conditional("DEBUG")]
    internal static void CheckInvariants(ulong[]? runs, ulong mappingLength)
    {
        if (runs is null)
            return;
        Debug.Assert(OffsetOf(runs[0]) == 0);
        Debug.Assert(OffsetOf(runs[^1]) < mappingLength);
        for (int index = 1; index < runs.Length; index++)
        {
            Debug.Assert(OffsetOf(runs[index]) > OffsetOf(runs[index - 1]));
            Debug.Assert(ProtectionOf(runs[index]) != ProtectionOf(runs[index - 1]));
        }
    }

    static int IndexAt(ulong[] runs, ulong offset)
    {
        // No run equals the key: a protection never fills all the low bits. The complement is the run after ours.
        int after = ~Array.BinarySearch(runs, offset | Page.OffsetMask);
        return after - 1;
    }

    static ulong Pack(ulong offset, HostProtection protection) => offset | (ulong)protection;

    static ulong OffsetOf(ulong run) => run & ~Page.OffsetMask;

    static HostProtection ProtectionOf(ulong run) => (HostProtection)(run & Page.OffsetMask);
}
