using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.FixedArrays;

/// <summary>Slots in the order in which they came, at the front of an array of fixed length.</summary>
sealed class FixedArraySet : CopiedSet
{
    readonly SlotEntry<KernelFields2012>[] _entries;
    int _count;

    internal FixedArraySet(int length) => _entries = new SlotEntry<KernelFields2012>[length];

    /// <inheritdoc/>
    public override int Count => _count;

    ReadOnlySpan<SlotEntry<KernelFields2012>> Used => _entries.AsSpan(0, _count);

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn) => At(LinearSearch.Find(Used, gfn));

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn) =>
        Find(gfn) ?? LinearSearch.FirstFrom(Used, gfn) ?? LinearSearch.Last(Used);

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id) => At(LinearSearch.FindById(Used, id));

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn) => LinearSearch.FirstFrom(Used, gfn);

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) =>
        LinearSearch.NextByHva(Used, range, after);

    internal override void CopyTo(List<MemorySlot> slots)
    {
        foreach (ref readonly SlotEntry<KernelFields2012> entry in Used)
            slots.Add(entry.Slot);
    }

    internal override FixedArraySet NewSibling() => new(_entries.Length);

    internal override void CopyFrom(CopiedSet original)
    {
        var other = (FixedArraySet)original;
        // All of it, used or not: KVM duplicated the structure that held the array.
        other._entries.CopyTo(_entries, 0);
        _count = other._count;
        CopiedBytes += (long)_entries.Length * SlotEntry<KernelFields2012>.Size;
    }

    internal override void Insert(MemorySlot slot) => _entries[_count++] = new SlotEntry<KernelFields2012>(slot);

    internal override void Replace(MemorySlot old, MemorySlot replacement) =>
        _entries[LinearSearch.FindById(Used, old.Id)] = new SlotEntry<KernelFields2012>(replacement);

    internal override void Remove(MemorySlot slot)
    {
        // The last one fills the gap: the order means nothing.
        _entries[LinearSearch.FindById(Used, slot.Id)] = _entries[--_count];
        _entries[_count] = default;
    }

    MemorySlot? At(int index) => index < 0 ? null : _entries[index].Slot;
}
