using System;
using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>Slots as they were at one moment, in sorted arrays. Immutable; made and kept at a cost per slot.</summary>
sealed class SlotSnapshot : SlotSet
{
    readonly MemorySlot[] _byGfn;
    readonly MemorySlot[] _byHva;

    // The last byte that any slot of _byHva up to this position reaches; never falls.
    readonly ulong[] _reach;
    readonly Dictionary<SlotId, int> _hvaPositions;

    /// <summary>Takes over two arrays of the same slots.</summary>
    /// <param name="byGfn">In ascending order of base.</param>
    /// <param name="byHva">In ascending order of host address.</param>
    public SlotSnapshot(MemorySlot[] byGfn, MemorySlot[] byHva)
    {
        _byGfn = byGfn;
        _byHva = byHva;
        _reach = new ulong[byHva.Length];
        _hvaPositions = new Dictionary<SlotId, int>(byHva.Length);
        ulong reach = 0;
        for (int i = 0; i < byHva.Length; i++)
        {
            reach = Math.Max(reach, byHva[i].HvaRange.Last.Value);
            _reach[i] = reach;
            _hvaPositions.Add(byHva[i].Id, i);
        }
    }

    /// <inheritdoc/>
    public override int Count => _byGfn.Length;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn) => FirstFrom(gfn) is { } slot && slot.Contains(gfn) ? slot : null;

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn) => FirstFrom(gfn) ?? (_byGfn.Length == 0 ? null : _byGfn[^1]);

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id) =>
        _hvaPositions.TryGetValue(id, out int position) ? _byHva[position] : null;

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn)
    {
        int low = 0, high = _byGfn.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byGfn[middle].End > gfn)
                high = middle;
            else
                low = middle + 1;
        }
        return low < _byGfn.Length ? _byGfn[low] : null;
    }

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after)
    {
        int position = after is null ? FirstReaching(range.Start) : _hvaPositions[after.Id] + 1;
        for (; position < _byHva.Length && _byHva[position].Hva <= range.Last; position++)
        {
            if (_byHva[position].HvaRange.Last >= range.Start)
                return _byHva[position];
        }
        return null;
    }

    int FirstReaching(Hva start)
    {
        int position = Array.BinarySearch(_reach, start.Value);
        if (position < 0)
            return ~position;
        // Of equal reaches the search may hit any; the slot that brought it is the first.
        while (position > 0 && _reach[position - 1] == start.Value)
            position--;
        return position;
    }
}
