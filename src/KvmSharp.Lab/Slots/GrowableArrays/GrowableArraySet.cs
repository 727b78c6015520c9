using System;
using System.Collections.Generic;
using System.Numerics;
using KvmSharp.Addresses;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.GrowableArrays;

/// <summary>Slots in an array that grows with them, the largest first, since they are asked for most.</summary>
/// <remarks>
/// Invariants:
/// <list type="bullet">
/// <item>an id's bit is set if and only if its slot is in the array;</item>
/// <item>if it is set, the table has the slot's position; if not, what the table has means nothing.</item>
/// </list>
/// </remarks>
sealed class GrowableArraySet : CopiedSet
{
    SlotEntries<KernelFields2012> _entries = new(0);
    int[] _positions = [];
    SlotBitmap _ids;

    // Hints for all readers, written by any without order: what one says was right for this set when it was written, and
    // the writer drops both before it edits. The frame is one too high, so that zero is none.
    MemorySlot? _lastFound;
    ulong _lastMissed;

    /// <inheritdoc/>
    public override int Count => _entries.Count;

    /// <summary>Whether the ids have outgrown one word.</summary>
    internal bool HasIndirectBitmap => _ids.IsIndirect;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn)
    {
        if (_lastFound is { } last && last.Contains(gfn))
            return last;
        if (_lastMissed == gfn.Value + 1)
            return null;
        MemorySlot? found = FindWithoutCache(gfn);
        if (found is null)
            _lastMissed = gfn.Value + 1;
        else
            _lastFound = found;
        return found;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindWithoutCache(Gfn gfn)
    {
        int index = LinearSearch.Find(_entries.All, gfn);
        return index < 0 ? null : _entries[index].Slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn) =>
        Find(gfn) ?? LinearSearch.FirstFrom(_entries.All, gfn) ?? LinearSearch.Last(_entries.All);

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id) =>
        _ids.Contains(id.Value) ? _entries[_positions[id.Value]].Slot : null;

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn) => LinearSearch.FirstFrom(_entries.All, gfn);

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) =>
        LinearSearch.NextByHva(_entries.All, range, after);

    internal override void CopyTo(List<MemorySlot> slots)
    {
        foreach (ref readonly SlotEntry<KernelFields2012> entry in _entries.All)
            slots.Add(entry.Slot);
    }

    internal override GrowableArraySet NewSibling() => new();

    internal override void CopyFrom(CopiedSet original)
    {
        var other = (GrowableArraySet)original;
        CopiedBytes += _entries.CopyFrom(other._entries);
        if (_positions.Length < other._positions.Length)
            _positions = new int[other._positions.Length];
        other._positions.CopyTo(_positions, 0);
        CopiedBytes += (long)other._positions.Length * sizeof(int);
        CopiedBytes += _ids.CopyFrom(other._ids);
    }

    internal override void Insert(MemorySlot slot)
    {
        var entry = new SlotEntry<KernelFields2012>(slot);
        int at = Count;
        while (at > 0 && _entries[at - 1].Pages < entry.Pages)
            at--;
        _entries.Insert(at, entry);
        _ids.Add(entry.Id);
        if (entry.Id >= _positions.Length)
            Array.Resize(ref _positions, (int)BitOperations.RoundUpToPowerOf2(entry.Id + 1u));
        NotePositions(at);
    }

    internal override void Replace(MemorySlot old, MemorySlot replacement) =>
        _entries.Set(_positions[old.Id.Value], new SlotEntry<KernelFields2012>(replacement));

    internal override void Remove(MemorySlot slot)
    {
        int at = _positions[slot.Id.Value];
        _entries.Remove(at);
        _ids.Remove(slot.Id.Value);
        NotePositions(at);
    }

    // Readers that might have written them since have left.
    internal override void Complete()
    {
        _lastFound = null;
        _lastMissed = 0;
    }

    internal override void CheckInvariants()
    {
        base.CheckInvariants();
        Require(_ids.Count == Count, "a bit for each slot and for none else");
        for (int index = 1; index < Count; index++)
            Require(_entries[index - 1].Pages >= _entries[index].Pages, "the largest slots first");
        Require(_lastFound is null || ReferenceEquals(FindById(_lastFound.Id), _lastFound), "a hint for this set");
    }

    void NotePositions(int from)
    {
        for (int index = from; index < Count; index++)
            _positions[_entries[index].Id] = index;
    }
}
