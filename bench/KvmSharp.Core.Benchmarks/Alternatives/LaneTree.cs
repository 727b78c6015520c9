using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>
/// Rejected: slots by guest frame in a B+ tree whose nodes hold 32 keys of 64 bits, compared four at a time. Each level
/// waits for the comparison of the one above; a trie knows the way from the frame's bits. For lookups only.
/// </summary>
sealed class LaneTree
{
    readonly Node _root;
    readonly int _height;

    internal LaneTree(ReadOnlySpan<MemorySlot> ascending)
    {
        object[] level = new object[ascending.Length];
        long[] lowest = new long[ascending.Length];
        for (int index = 0; index < ascending.Length; index++)
        {
            level[index] = ascending[index];
            lowest[index] = (long)ascending[index].Base.Value;
        }
        do
        {
            (level, lowest) = Group(level, lowest);
            _height++;
        }
        while (level.Length > 1);
        _root = (Node)level[0];
    }

    internal MemorySlot? Find(Gfn gfn)
    {
        Node node = _root;
        for (int height = _height; ; height--)
        {
            int index = node.CountUpTo((long)gfn.Value) - 1;
            if (index < 0)
                return null;
            object entry = node.Entries[index]!;
            if (height == 1)
            {
                var slot = (MemorySlot)entry;
                return slot.Contains(gfn) ? slot : null;
            }
            node = (Node)entry;
        }
    }

    static (object[] Level, long[] Lowest) Group(object[] entries, long[] keys)
    {
        int groups = (entries.Length + Node.Width - 1) / Node.Width;
        object[] level = new object[groups];
        long[] lowest = new long[groups];
        for (int group = 0; group < groups; group++)
        {
            int start = group * Node.Width;
            int count = Math.Min(Node.Width, entries.Length - start);
            level[group] = new Node(keys.AsSpan(start, count), entries.AsSpan(start, count));
            lowest[group] = keys[start];
        }
        return (level, lowest);
    }

    sealed class Node
    {
        internal const int Width = 32;

        Lanes _keys;
        internal EntryLanes Entries;

        internal Node(ReadOnlySpan<long> keys, ReadOnlySpan<object> entries)
        {
            ((Span<long>)_keys).Fill(long.MaxValue);
            keys.CopyTo(_keys);
            for (int index = 0; index < entries.Length; index++)
                Entries[index] = entries[index];
        }

        internal int CountUpTo(long value)
        {
            Vector256<long> pivot = Vector256.Create(value);
            Vector256<long> above = Vector256<long>.Zero;
            ReadOnlySpan<long> keys = _keys;
            for (int lane = 0; lane < Width; lane += Vector256<long>.Count)
                above += Vector256.GreaterThan(Vector256.Create(keys.Slice(lane, Vector256<long>.Count)), pivot);
            return Width + (int)Vector256.Sum(above);
        }

        [InlineArray(Width)]
        struct Lanes
        {
            long _first;
        }

        [InlineArray(Width)]
        internal struct EntryLanes
        {
            object? _first;
        }
    }
}
