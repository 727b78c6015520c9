using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.CopiedLists;

/// <summary>References to slots in ascending order of guest frame. Never changes.</summary>
sealed class CopiedListSet : SlotSet
{
    readonly SlotReference[] _slots;

    internal static readonly CopiedListSet Empty = new([]);

    CopiedListSet(SlotReference[] slots) => _slots = slots;

    /// <inheritdoc/>
    public override int Count => _slots.Length;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn)
    {
        int index = LastUpTo(gfn);
        return index >= 0 && _slots[index].Slot.Contains(gfn) ? _slots[index].Slot : null;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn) =>
        // The last that begins below covers the frame or borders the hole; below every slot the lowest does.
        Count == 0 ? null : _slots[Math.Max(LastUpTo(gfn), 0)].Slot;

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id)
    {
        int index = LinearSearch.FindById<SlotReference>(_slots, id);
        return index < 0 ? null : _slots[index].Slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn)
    {
        int index = LastUpTo(gfn);
        if (index < 0 || !_slots[index].Slot.Contains(gfn))
            index++;
        return index < Count ? _slots[index].Slot : null;
    }

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) =>
        LinearSearch.NextByHva<SlotReference>(_slots, range, after);

    internal override void CopyTo(List<MemorySlot> slots)
    {
        foreach (SlotReference element in _slots)
            slots.Add(element.Slot);
    }

    /// <summary>A list with the changes made; this one stays as it is.</summary>
    /// <exception cref="InvalidOperationException">Slots would overlap: a programming error.</exception>
    internal CopiedListSet With(ReadOnlySpan<SlotChange> changes)
    {
        if (changes is [{ New: null }])
            return Without(changes[0].Old!);
        // One clone for all of them, with the room that they need at most meanwhile.
        int count = Count;
        int most = Count;
        int final = Count;
        foreach (ref readonly SlotChange change in changes)
        {
            most += change.Old is null ? 1 : 0;
            final += (change.New is null ? 0 : 1) - (change.Old is null ? 0 : 1);
        }
        var slots = new SlotReference[most];
        _slots.CopyTo(slots, 0);
        bool hasNew = false;
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.RemovesMemory)
                Remove(slots, ref count, change.Old!);
        }
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is not { } slot)
                continue;
            if (change.Old is null || change.RemovesMemory)
                Insert(slots, ref count, slot);
            else
                slots[LastUpTo(slots.AsSpan(0, count), slot.Base)] = new SlotReference(slot);
            hasNew = true;
        }
        Array.Resize(ref slots, final);
        // A list with a new slot is proved to be sound before anybody sees it; one slot fewer needs no proof.
        if (hasNew)
            RequireOrder(slots);
        return new CopiedListSet(slots);
    }

    CopiedListSet Without(MemorySlot slot)
    {
        int at = LastUpTo(slot.Base);
        var slots = new SlotReference[Count - 1];
        _slots.AsSpan(0, at).CopyTo(slots);
        _slots.AsSpan(at + 1).CopyTo(slots.AsSpan(at));
        return new CopiedListSet(slots);
    }

    internal void CheckInvariants()
    {
        RequireOrder(_slots);
        foreach (SlotReference element in _slots)
        {
            if (element.Slot.IsInvalid || !ReferenceEquals(FindById(element.Slot.Id), element.Slot))
                throw new InvalidOperationException($"copied list: {element.Slot} is hidden, or not the slot of its id");
        }
    }

    static void Remove(SlotReference[] slots, ref int count, MemorySlot slot)
    {
        int at = LastUpTo(slots.AsSpan(0, count), slot.Base);
        slots.AsSpan((at + 1)..count).CopyTo(slots.AsSpan(at));
        count--;
    }

    static void Insert(SlotReference[] slots, ref int count, MemorySlot slot)
    {
        int at = LastUpTo(slots.AsSpan(0, count), slot.Base) + 1;
        slots.AsSpan(at..count).CopyTo(slots.AsSpan(at + 1));
        slots[at] = new SlotReference(slot);
        count++;
    }

    static void RequireOrder(SlotReference[] slots)
    {
        for (int index = 1; index < slots.Length; index++)
        {
            if (slots[index - 1].Slot.End > slots[index].Slot.Base)
                throw new InvalidOperationException($"copied list: {slots[index].Slot} begins below {slots[index - 1].Slot}'s end");
        }
    }

    int LastUpTo(Gfn gfn) => LastUpTo(_slots, gfn);

    static int LastUpTo(ReadOnlySpan<SlotReference> slots, Gfn gfn) => BinarySearch.LastUpTo(slots, gfn.Value);
}
