using System;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.SlotTries;

/// <summary>A node whose entries are slots.</summary>
sealed class IntervalLeaf : IntervalNode
{
    internal SlotLanes Slots;

    internal IntervalLeaf(long edit)
        : base(edit)
    {
    }

    IntervalLeaf(long edit, IntervalLeaf original)
        : base(edit, original) => Slots = original.Slots;

    internal override IntervalLeaf Clone(long edit) => new(edit, this);

    internal override IntervalLeaf NewSibling(long edit) => new(edit);

    internal void Insert(int index, long key, long end, MemorySlot slot)
    {
        OpenLane(index, key, end);
        Span<MemorySlot?> slots = Slots;
        slots[index..(Count - 1)].CopyTo(slots[(index + 1)..]);
        slots[index] = slot;
    }

    internal void Remove(int index)
    {
        Span<MemorySlot?> slots = Slots;
        slots[(index + 1)..Count].CopyTo(slots[index..]);
        slots[Count - 1] = null;
        CloseLane(index);
    }

    protected override void MoveTailRefs(int from, int count, IntervalNode target)
    {
        Span<MemorySlot?> tail = ((Span<MemorySlot?>)Slots).Slice(from, count);
        tail.CopyTo(((Span<MemorySlot?>)((IntervalLeaf)target).Slots)[target.Count..]);
        tail.Clear();
    }

    [InlineArray(Lanes.Width)]
    internal struct SlotLanes
    {
        MemorySlot? _first;
    }
}
