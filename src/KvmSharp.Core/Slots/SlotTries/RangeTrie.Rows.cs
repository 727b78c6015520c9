using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.Slots.SlotTries;

// Rows: slots side by side, in step with their host memory.
partial struct RangeTrie<TRange>
{
    /// <summary>The page after the last of the row that <paramref name="first"/> begins, or <paramref name="limit"/>.</summary>
    /// <remarks>
    /// Each node says which of its parts one row fills, once somebody has asked: what lies below it is looked at once in the
    /// node's life. So to follow a row costs what the trie's height costs, however many slots the row has, and a little more
    /// after a change near it.
    /// </remarks>
    public readonly ulong EndOfRow(MemorySlot first, ulong limit)
    {
        ulong end = TRange.End(first);
        return end >= limit ? limit : Math.Min(Follow(_root, first, end, limit), limit);
    }

    // How far the row goes that has come to `next`, as far as this entry says; beyond the limit perhaps.
    static ulong Follow(object? entry, MemorySlot first, ulong next, ulong limit)
    {
        if (entry is RangeTrieNode node)
            return Follow(node, first, next, limit);
        if (entry is RangeBucket bucket)
            return Follow(bucket.Slots, first, next);
        return entry is MemorySlot slot ? Follow(new ReadOnlySpan<MemorySlot?>(in slot!), first, next) : next;
    }

    static ulong Follow(RangeTrieNode node, MemorySlot first, ulong next, ulong limit)
    {
        // A node may stand for less than the part it is found under: what comes before it is a gap.
        while (next >= node.Start && next <= node.Last && next < limit)
        {
            int part = node.IndexOf(next);
            uint joined = JoinedParts(node);
            int more = part == RangeTrieNode.Width - 1 ? 0 : BitOperations.TrailingZeroCount(~(joined >> (part + 1)));
            ulong reached = next == node.PartStart(part) && more != 0 && Lowest(node.Entries[part]).IsInStepWith(first)
                ? node.PartStart(part + more) + (1UL << node.Shift)
                : Follow(node.Entries[part], first, next, limit);
            if (reached == next)
                break;
            next = reached;
        }
        return next;
    }

    static ulong Follow(ReadOnlySpan<MemorySlot?> slots, MemorySlot first, ulong next)
    {
        foreach (MemorySlot? slot in slots)
        {
            if (TRange.End(slot!) <= next)
                continue;
            if (TRange.First(slot!) > next || !slot!.IsInStepWith(first))
                break;
            next = TRange.End(slot);
        }
        return next;
    }

    // A bit for each part that one row fills together with the part before it.
    static uint JoinedParts(RangeTrieNode node)
    {
        // Whoever has the node has all that lies below it, and who else finds out meanwhile finds the same: no order is needed.
        long known = Volatile.Read(ref node.Rows);
        if (known == RangeTrieNode.RowsUnknown)
        {
            known = FindJoinedParts(node);
            Volatile.Write(ref node.Rows, known);
        }
        return (uint)known;
    }

    static uint FindJoinedParts(RangeTrieNode node)
    {
        uint joined = 0;
        MemorySlot? before = null;
        for (int part = 0; part < RangeTrieNode.Width; part++)
        {
            MemorySlot? filling = RowFilling(node, part);
            if (filling is not null && before is not null && filling.IsInStepWith(before))
                joined |= 1u << part;
            before = filling;
        }
        return joined;
    }

    // The lowest slot of the row that fills a part, or none.
    static MemorySlot? RowFilling(RangeTrieNode node, int part)
    {
        object? entry = node.Entries[part];
        if (entry is null)
            return null;
        ulong start = node.PartStart(part);
        ulong end = start + (1UL << node.Shift);
        if (entry is RangeTrieNode inner)
        {
            return inner.Start == start && inner.Last == end - 1 && JoinedParts(inner) == RangeTrieNode.AllJoined
                ? Lowest(inner) : null;
        }
        MemorySlot lowest = Lowest(entry);
        return TRange.First(lowest) <= start && Follow(entry, lowest, start, end) >= end ? lowest : null;
    }

    static MemorySlot Lowest(object? entry)
    {
        while (entry is RangeTrieNode node)
            entry = node.Entries[BitOperations.TrailingZeroCount(node.Occupied)];
        return entry is RangeBucket bucket ? bucket.Slots[0]! : (MemorySlot)entry!;
    }
}
