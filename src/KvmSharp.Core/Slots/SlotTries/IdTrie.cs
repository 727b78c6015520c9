using System;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A persistent map from slot id to slot: the bits of the id choose the way down, and the trie is only as high as the
/// greatest id it has held needs.
/// </summary>
/// <remarks>A value, with the same rules as <see cref="IntervalTree"/>.</remarks>
struct IdTrie
{
    IdNode? _root;
    int _shift;

    /// <summary>The slot of that id.</summary>
    public readonly MemorySlot? Find(SlotId id)
    {
        IdNode? node = _root;
        if (id.Value >> _shift >= IdNode.Width)
            return null;
        for (int shift = _shift; node is not null; shift -= IdNode.IndexBits)
        {
            object? entry = node.Entries[(id.Value >> shift) & (IdNode.Width - 1)];
            if (shift == 0)
                return (MemorySlot?)entry;
            node = (IdNode?)entry;
        }
        return null;
    }

    /// <summary>Puts a slot in place of what the id meant before, or none.</summary>
    public void Set(long edit, SlotId id, MemorySlot? slot)
    {
        _root ??= new IdNode { Edit = edit };
        while (id.Value >> _shift >= IdNode.Width)
        {
            var root = new IdNode { Edit = edit };
            if (_root.Count != 0)
                root.Set(0, _root);
            _root = root;
            _shift += IdNode.IndexBits;
        }
        _root = _root.Own(edit);
        Set(_root, _shift, edit, id, slot);
        if (_root.Count == 0)
        {
            _root = null;
            _shift = 0;
        }
    }

    static void Set(IdNode node, int shift, long edit, SlotId id, MemorySlot? slot)
    {
        int index = (id.Value >> shift) & (IdNode.Width - 1);
        if (shift == 0)
        {
            node.Set(index, slot);
            return;
        }
        IdNode child = node.Entries[index] is IdNode present ? present.Own(edit) : new IdNode { Edit = edit };
        Set(child, shift - IdNode.IndexBits, edit, id, slot);
        node.Set(index, child.Count == 0 ? null : child);
    }

    /// <summary>Counts the slots, checking that each stands under its own id.</summary>
    public readonly int CheckInvariants() => _root is null ? 0 : Check(_root, _shift, 0);

    static int Check(IdNode node, int shift, int prefix)
    {
        int used = 0;
        int total = 0;
        for (int index = 0; index < IdNode.Width; index++)
        {
            object? entry = node.Entries[index];
            if (entry is null)
                continue;
            used++;
            int id = prefix | (index << shift);
            if (shift == 0 ? ((MemorySlot)entry).Id.Value != id : entry is not IdNode)
                throw new InvalidOperationException($"id trie: slot {id} stands in the wrong place");
            total += shift == 0 ? 1 : Check((IdNode)entry, shift - IdNode.IndexBits, id);
        }
        if (used != node.Count || used == 0)
            throw new InvalidOperationException($"id trie: a node counts {node.Count} entries and has {used}");
        return total;
    }
}
