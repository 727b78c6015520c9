using System;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>One set's slots by host address: an interval tree, whose intervals are closed and may overlap.</summary>
struct HvaTree<TIndex>
    where TIndex : struct, ITwinIndex
{
    RedBlackTree<HvaTraits<TIndex>> _tree;
    TwinSlot? _leftmost;

    public readonly TwinSlot? First => _tree.First;

    public static TwinSlot? Next(TwinSlot slot) => RedBlackTree<HvaTraits<TIndex>>.Next(slot);

    public void Insert(TwinSlot slot)
    {
        HvaRange range = slot.HvaRange;
        ref SlotNodes nodes = ref TIndex.Nodes(slot);
        nodes.HvaLast = nodes.HvaMaxLast = range.Last.Value;
        _tree.Insert(slot, range.Start.Value);
        if (_leftmost is null || range.Start < _leftmost.Hva)
            _leftmost = slot;
    }

    public void Erase(TwinSlot slot)
    {
        if (slot == _leftmost)
            _leftmost = Next(slot);
        _tree.Erase(slot);
    }

    /// <summary>The slot of the lowest start that meets [<paramref name="start"/>, <paramref name="last"/>].</summary>
    public readonly TwinSlot? FirstIn(ulong start, ulong last)
    {
        if (_tree.Root is not { } root || _leftmost is not { } leftmost)
            return null;
        ref SlotNodes rootNodes = ref TIndex.Nodes(root);
        if (rootNodes.HvaMaxLast < start || TIndex.Nodes(leftmost).Hva.Key > last)
            return null;
        return FirstOfSubtree(root, start, last);
    }

    /// <summary>The slot that follows <paramref name="slot"/> among those that meet the interval.</summary>
    public static TwinSlot? NextIn(TwinSlot slot, ulong start, ulong last)
    {
        while (true)
        {
            // A right subtree that reaches the start decides: if even it holds no match, its starts are beyond the
            // interval, and so are those of all that follows.
            TwinSlot? right = TIndex.Nodes(slot).Hva.Right;
            if (right is not null && TIndex.Nodes(right).HvaMaxLast >= start)
                return FirstOfSubtree(right, start, last);

            TwinSlot? child;
            do
            {
                child = slot;
                if (TIndex.Nodes(slot).Hva.Parent is not { } parent)
                    return null;
                slot = parent;
            }
            while (TIndex.Nodes(slot).Hva.Right == child);

            ref SlotNodes nodes = ref TIndex.Nodes(slot);
            if (nodes.Hva.Key > last)
                return null;
            if (nodes.HvaLast >= start)
                return slot;
        }
    }

    public readonly int CheckInvariants()
    {
        if (_leftmost != _tree.First)
            throw new InvalidOperationException($"leftmost is {_tree.First}, cached is {_leftmost}");
        for (TwinSlot? slot = _tree.First; slot is not null; slot = Next(slot))
        {
            ref SlotNodes nodes = ref TIndex.Nodes(slot);
            if (nodes.Hva.Key != slot.Hva.Value || nodes.HvaLast != slot.HvaRange.Last.Value)
                throw new InvalidOperationException($"interval bounds of {slot} are wrong");
        }
        return _tree.CheckInvariants();
    }

    /// <summary>The slot of the lowest start that matches in the subtree of <paramref name="slot"/>.</summary>
    static TwinSlot? FirstOfSubtree(TwinSlot slot, ulong start, ulong last)
    {
        while (true)
        {
            ref SlotNodes nodes = ref TIndex.Nodes(slot);
            // Some slot on the left reaches the start: the first match, if any, is there, for all else starts later.
            if (nodes.Hva.Left is { } left && TIndex.Nodes(left).HvaMaxLast >= start)
            {
                slot = left;
                continue;
            }
            if (nodes.Hva.Key > last)
                return null;
            if (nodes.HvaLast >= start)
                return slot;
            if (nodes.Hva.Right is not { } right || TIndex.Nodes(right).HvaMaxLast < start)
                return null;
            slot = right;
        }
    }
}
