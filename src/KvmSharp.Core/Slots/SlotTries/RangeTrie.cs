using System;
using System.Diagnostics;
using System.Numerics;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A persistent map from page number – of guest memory, or of host memory – to the slot that lies there; slots in it do
/// not overlap. The number's bits choose the way down, and the way ends as soon as only a few slots are left to ask: a node
/// exists only where it keeps more apart, so the height follows how densely slots lie, not how large or how far apart they
/// are.
/// </summary>
/// <remarks>
/// A value, with the same rules as <see cref="IntervalTree"/>: an edit copies the nodes on its way (two ways for a slot that
/// crosses chunks) and shares the rest.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>an entry is null if no slot meets its part, a slot if exactly that one does, a bucket or a node if more do;</item>
/// <item>a node's chunk is aligned to its size and lies within the part it stands for;</item>
/// <item>a node has two entries or more, and more slots than half a bucket takes;</item>
/// <item>what a node says about rows, if it says anything, is so.</item>
/// </list>
/// </remarks>
partial struct RangeTrie<TRange>
    where TRange : struct, ISlotRange
{
    // Nothing, the only slot, a bucket, or a node.
    object? _root;

    /// <summary>Whether there is no slot.</summary>
    public readonly bool IsEmpty => _root is null;

    /// <summary>The slot that covers a page.</summary>
    public readonly MemorySlot? Find(ulong page)
    {
        object? entry = _root;
        // A node may stand for less than the part it is found under; asking the slot at the end decides.
        while (entry is RangeTrieNode node)
            entry = node.Entries[(int)(page >> node.Shift) & (RangeTrieNode.Width - 1)];
        MemorySlot? slot = entry is RangeBucket bucket ? bucket.Find(page) : (MemorySlot?)entry;
        return slot is not null && page - TRange.First(slot) < slot.PageCount ? slot : null;
    }

    /// <summary>The lowest slot that ends above a page.</summary>
    public readonly MemorySlot? FirstFrom(ulong page) =>
        // Page numbers are compared as signed ones, and none of a slot's is that great.
        (long)page < 0 ? null : FirstFrom(_root, page);

    static MemorySlot? FirstFrom(object? entry, ulong page)
    {
        if (entry is not RangeTrieNode node)
        {
            return entry is RangeBucket bucket ? bucket.FirstFrom<TRange>(page)
                : entry is MemorySlot slot && TRange.End(slot) > page ? slot : null;
        }
        if (page > node.Last)
            return null;
        int start = page < node.Start ? 0 : node.IndexOf(page);
        for (uint left = node.Occupied & (uint.MaxValue << start); left != 0; left &= left - 1)
        {
            if (FirstFrom(node.Entries[BitOperations.TrailingZeroCount(left)], page) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>The highest slot.</summary>
    public readonly MemorySlot? Last()
    {
        object? entry = _root;
        while (entry is RangeTrieNode node)
            entry = node.Entries[BitOperations.Log2(node.Occupied)];
        return entry is RangeBucket bucket ? bucket.Slots[^1] : (MemorySlot?)entry;
    }

    /// <summary>Adds a slot that overlaps none in the trie.</summary>
    public void Insert(long edit, MemorySlot slot) => _root = Insert(_root, 0, ulong.MaxValue, edit, slot);

    /// <summary>Takes a slot out.</summary>
    public void Remove(long edit, MemorySlot slot) => _root = Substitute(_root, edit, slot, null);

    /// <summary>Puts a slot in the place of one with the same range.</summary>
    public void Replace(long edit, MemorySlot old, MemorySlot @new) => _root = Substitute(_root, edit, old, @new);

    // The entry for the part [low, last] once the slot, which meets the part, is in it.
    static object Insert(object? entry, ulong low, ulong last, long edit, MemorySlot slot)
    {
        // What most entries on the way are is asked first, and a slot, whose class is not sealed, last.
        if (entry is RangeTrieNode node)
            return Insert(node, low, last, edit, slot);
        if (entry is RangeBucket bucket)
            return Insert(bucket, low, last, edit, slot);
        if (entry is null)
            return slot;
        var other = (MemorySlot)entry;
        Debug.Assert(TRange.First(other) >= TRange.End(slot) || TRange.First(slot) >= TRange.End(other), "slots overlap");
        var pair = new RangeBucket(edit);
        pair.Insert(TRange.First(other), other);
        pair.Insert(TRange.First(slot), slot);
        return pair;
    }

    static RangeTrieNode Insert(RangeTrieNode node, ulong low, ulong last, long edit, MemorySlot slot)
    {
        ulong from = Math.Max(low, TRange.First(slot));
        ulong to = Math.Min(last, TRange.End(slot) - 1);
        RangeTrieNode owned;
        if (from >= node.Start && to <= node.Last)
        {
            owned = node.Own(edit);
        }
        else
        {
            owned = NodeOver(edit, Math.Min(from, node.Start), Math.Max(to, node.Last));
            owned.Set(owned.IndexOf(node.Start), node);
        }
        Place(owned, edit, slot);
        return owned;
    }

    static object Insert(RangeBucket bucket, ulong low, ulong last, long edit, MemorySlot slot)
    {
        if (!bucket.IsFull)
        {
            bucket = bucket.Own(edit);
            bucket.Insert(TRange.First(slot), slot);
            return bucket;
        }
        ReadOnlySpan<MemorySlot?> slots = bucket.Slots;
        ulong from = Math.Min(TRange.First(slot), TRange.First(slots[0]!));
        ulong to = Math.Max(TRange.End(slot), TRange.End(slots[^1]!)) - 1;
        RangeTrieNode node = NodeOver(edit, Math.Max(low, from), Math.Min(last, to));
        foreach (MemorySlot? present in slots)
            Place(node, edit, present!);
        Place(node, edit, slot);
        return node;
    }

    // The smallest chunk that holds both frames, which differ.
    static RangeTrieNode NodeOver(long edit, ulong first, ulong last)
    {
        int shift = BitOperations.Log2(first ^ last) / RangeTrieNode.IndexBits * RangeTrieNode.IndexBits;
        ulong mask = (1UL << (shift + RangeTrieNode.IndexBits)) - 1;
        return new RangeTrieNode(edit, first & ~mask, shift);
    }

    // Puts a slot into all the parts of an owned node that it meets.
    static void Place(RangeTrieNode node, long edit, MemorySlot slot)
    {
        int first = node.IndexOf(Math.Max(node.Start, TRange.First(slot)));
        int last = node.IndexOf(Math.Min(node.Last, TRange.End(slot) - 1));
        for (int index = first; index <= last; index++)
        {
            ulong low = node.PartStart(index);
            node.Set(index, Insert(node.Entries[index], low, low + ((1UL << node.Shift) - 1), edit, slot));
        }
    }

    // The entry once every mention of the old slot is gone or names the new one, which has the same range.
    static object? Substitute(object? entry, long edit, MemorySlot old, MemorySlot? @new)
    {
        if (entry is RangeBucket few)
        {
            few = few.Own(edit);
            few.Substitute(TRange.First(old), @new);
            return few.Count == 1 ? few.Slots[0] : few;
        }
        if (entry is not RangeTrieNode shared)
        {
            Debug.Assert(ReferenceEquals(entry, old), "changing a slot that is not there");
            return @new;
        }
        RangeTrieNode node = shared.Own(edit);
        int first = node.IndexOf(Math.Max(node.Start, TRange.First(old)));
        int last = node.IndexOf(Math.Min(node.Last, TRange.End(old) - 1));
        for (int index = first; index <= last; index++)
            node.Set(index, Substitute(node.Entries[index], edit, old, @new));
        return @new is null ? node.Normalized<TRange>(edit) : node;
    }

    /// <summary>Checks the invariants.</summary>
    public readonly void CheckInvariants() => Check(_root, 0, ulong.MaxValue);

    static void Check(object? entry, ulong low, ulong last)
    {
        if (entry is MemorySlot slot)
            Require(TRange.First(slot) <= last && TRange.End(slot) > low, "a slot stands where it does not reach");
        if (entry is RangeBucket bucket)
        {
            Require(bucket.Count >= 2, "a bucket holds one slot only");
            ulong end = 0;
            foreach (MemorySlot? present in bucket.Slots)
            {
                Require(TRange.First(present!) <= last && TRange.End(present!) > low, "a slot stands where it does not reach");
                Require(TRange.First(present!) >= end, "a bucket is not in order");
                end = TRange.End(present!);
            }
        }
        if (entry is not RangeTrieNode node)
            return;
        Require(node.Start >= low && node.Last <= last, "a node reaches beyond its part");
        Require((node.Start & (node.Last - node.Start)) == 0, "a chunk is not aligned");
        Require(BitOperations.PopCount(node.Occupied) >= 2, "a node keeps nothing apart");
        Require(ReferenceEquals(node.Normalized<TRange>(0), node), "a node holds few slots");
        Require(node.Rows is RangeTrieNode.RowsUnknown || node.Rows == FindJoinedParts(node), "a node is wrong about its rows");
        for (int index = 0; index < RangeTrieNode.Width; index++)
        {
            Require(node.Entries[index] is null == ((node.Occupied >> index & 1) == 0), "a bit disagrees with its entry");
            ulong part = node.PartStart(index);
            Check(node.Entries[index], part, part + ((1UL << node.Shift) - 1));
        }
    }

    static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"range trie: {what}");
    }
}
