using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A node of a <see cref="RangeTrie{TRange}"/>: an aligned chunk of page numbers cut into <see cref="Width"/> equal parts.
/// </summary>
/// <remarks>
/// Immutable once the edit that made it is published, like <see cref="IntervalNode"/>, but for what it remembers about rows.
/// </remarks>
sealed class RangeTrieNode
{
    internal const int IndexBits = 5;
    internal const int Width = 1 << IndexBits;

    // Half of what a bucket takes, so that a slot that comes and goes does not make and unmake a node each time.
    const int FewSlots = RangeBucket.Width / 2;

    // What meets the part: nothing (null), one slot (the slot), a few (a bucket), or more (a node).
    internal Parts Entries;
    internal readonly ulong Start;
    internal long Edit;
    internal readonly int Shift;

    // One bit for each entry that is not null.
    internal uint Occupied;

    // What RangeTrie.JoinedParts() has found out since publication; the one thing that changes then.
    internal long Rows = RowsUnknown;

    internal const long RowsUnknown = -1;

    // One row fills all parts: each but the first goes on where the one before it ends.
    internal const uint AllJoined = uint.MaxValue - 1;

    internal RangeTrieNode(long edit, ulong start, int shift)
    {
        Edit = edit;
        Start = start;
        Shift = shift;
    }

    /// <summary>The last page of the chunk.</summary>
    internal ulong Last => Start + ((1UL << (Shift + IndexBits)) - 1);

    internal RangeTrieNode Own(long edit)
    {
        if (Edit == edit)
            return this;
        return new RangeTrieNode(edit, Start, Shift) { Entries = Entries, Occupied = Occupied };
    }

    internal int IndexOf(ulong page) => (int)(page >> Shift) & (Width - 1);

    /// <summary>The first page of a part.</summary>
    internal ulong PartStart(int index) => Start + ((ulong)index << Shift);

    internal void Set(int index, object? entry)
    {
        Entries[index] = entry;
        uint bit = 1u << index;
        Occupied = entry is null ? Occupied & ~bit : Occupied | bit;
    }

    /// <summary>
    /// What should stand in this node's place after a slot has gone: its only entry, what few slots it still keeps apart,
    /// or itself.
    /// </summary>
    internal object? Normalized<TRange>(long edit)
        where TRange : struct, ISlotRange
    {
        uint left = Occupied;
        if ((left & (left - 1)) == 0)
            return left == 0 ? null : Entries[BitOperations.TrailingZeroCount(left)];
        if (KeepsMany(left))
            return this;

        // Parts are in order, so a slot that meets several shows in one run of them.
        Few few = default;
        int count = 0;
        MemorySlot? last = null;
        for (; left != 0; left &= left - 1)
        {
            object? entry = Entries[BitOperations.TrailingZeroCount(left)];
            if (entry is RangeTrieNode)
                return this;
            MemorySlot? alone = entry as MemorySlot;
            ReadOnlySpan<MemorySlot?> slots =
                entry is RangeBucket bucket ? bucket.Slots : new ReadOnlySpan<MemorySlot?>(in alone);
            foreach (MemorySlot? slot in slots)
            {
                if (ReferenceEquals(slot, last))
                    continue;
                if (count == FewSlots)
                    return this;
                few[count++] = last = slot;
            }
        }
        if (count == 1)
            return last;
        var joined = new RangeBucket(edit);
        for (int index = 0; index < count; index++)
            joined.Insert(TRange.First(few[index]!), few[index]!);
        return joined;
    }

    // Whether so many entries differ that there must be more than few slots: a slot shows in its own part and in a bucket on
    // either side, so there are more than half as many slots. None is looked into, which would fetch it from memory.
    bool KeepsMany(uint left)
    {
        int different = 0;
        object? last = null;
        for (; left != 0; left &= left - 1)
        {
            object? entry = Entries[BitOperations.TrailingZeroCount(left)];
            if (ReferenceEquals(entry, last))
                continue;
            if (++different > 2 * FewSlots)
                return true;
            last = entry;
        }
        return false;
    }

    [InlineArray(Width)]
    internal struct Parts
    {
        object? _first;
    }

    [InlineArray(FewSlots)]
    struct Few
    {
        MemorySlot? _first;
    }
}
