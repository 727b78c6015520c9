using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.SortedArrays;

/// <summary>Slots in ascending order of guest frame, and for each id that there may be the slot's position.</summary>
sealed class SortedArraySet : CopiedSet
{
    const short NoSlot = -1;

    SlotEntries<KernelFields2021> _entries = new(0);
    readonly short[] _positions = new short[SlotLimits.TotalSlots];

    // Positions from here on are to be noted when the editing ends.
    int _firstShifted;

    // The position that the last lookup found: a hint for all readers, written by any without order.
    int _lastUsed;

    internal SortedArraySet() => Array.Fill(_positions, NoSlot);

    /// <inheritdoc/>
    public override int Count => _entries.Count;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn)
    {
        int last = _lastUsed;
        if (last < Count && _entries[last].Contains(gfn))
            return _entries[last].Slot;
        int index = IndexOf(gfn);
        if (index < 0)
            return null;
        _lastUsed = index;
        return _entries[index].Slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindWithoutCache(Gfn gfn)
    {
        int index = IndexOf(gfn);
        return index < 0 ? null : _entries[index].Slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn) =>
        // Below every slot the lowest is the nearest.
        Find(gfn) ?? (Count == 0 ? null : _entries[Math.Max(LastUpTo(gfn), 0)].Slot);

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id)
    {
        int position = id.Value < SlotLimits.TotalSlots ? _positions[id.Value] : NoSlot;
        return position < 0 ? null : _entries[position].Slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn)
    {
        int index = LastUpTo(gfn);
        if (index < 0 || !_entries[index].Contains(gfn))
            index++;
        return index < Count ? _entries[index].Slot : null;
    }

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) =>
        LinearSearch.NextByHva(_entries.All, range, after);

    internal override void CopyTo(List<MemorySlot> slots)
    {
        foreach (ref readonly SlotEntry<KernelFields2021> entry in _entries.All)
            slots.Add(entry.Slot);
    }

    internal override SortedArraySet NewSibling() => new();

    internal override void CopyFrom(CopiedSet original)
    {
        var other = (SortedArraySet)original;
        CopiedBytes += _entries.CopyFrom(other._entries);
        other._positions.CopyTo(_positions, 0);
        CopiedBytes += (long)_positions.Length * sizeof(short);
        _firstShifted = Count;
    }

    internal override void Insert(MemorySlot slot)
    {
        int at = LastUpTo(slot.Base) + 1;
        _entries.Insert(at, new SlotEntry<KernelFields2021>(slot));
        _firstShifted = Math.Min(_firstShifted, at);
    }

    internal override void Replace(MemorySlot old, MemorySlot replacement) =>
        _entries.Set(LastUpTo(old.Base), new SlotEntry<KernelFields2021>(replacement));

    internal override void Remove(MemorySlot slot)
    {
        int at = LastUpTo(slot.Base);
        _entries.Remove(at);
        _positions[slot.Id.Value] = NoSlot;
        _firstShifted = Math.Min(_firstShifted, at);
    }

    // Once for all the edits: while they last, the table is not asked.
    internal override void Complete()
    {
        for (int index = _firstShifted; index < Count; index++)
            _positions[_entries[index].Id] = (short)index;
        _firstShifted = Count;
        _lastUsed = 0;
    }

    internal override void CheckInvariants()
    {
        base.CheckInvariants();
        int used = _positions.Length - _positions.AsSpan().Count(NoSlot);
        Require(used == Count, "a position for each slot and for none else");
    }

    int IndexOf(Gfn gfn)
    {
        int index = LastUpTo(gfn);
        return index >= 0 && _entries[index].Contains(gfn) ? index : -1;
    }

    int LastUpTo(Gfn gfn) => BinarySearch.LastUpTo(_entries.All, gfn.Value);
}
