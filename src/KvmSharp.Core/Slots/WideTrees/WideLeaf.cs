using System;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.WideTrees;

/// <summary>A node whose entries are slots.</summary>
sealed class WideLeaf : WideNode
{
    internal SlotLanes Slots;

    internal WideLeaf(long edit)
        : base(edit)
    {
    }

    WideLeaf(long edit, WideLeaf original)
        : base(edit, original) => Slots = original.Slots;

    internal override WideLeaf Clone(long edit) => new(edit, this);

    internal override WideLeaf NewSibling(long edit) => new(edit);

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

    protected override void MoveTailRefs(int from, int count, WideNode target)
    {
        Span<MemorySlot?> tail = ((Span<MemorySlot?>)Slots).Slice(from, count);
        tail.CopyTo(((Span<MemorySlot?>)((WideLeaf)target).Slots)[target.Count..]);
        tail.Clear();
    }

    [InlineArray(Lanes.Width)]
    internal struct SlotLanes
    {
        MemorySlot? _first;
    }
}
