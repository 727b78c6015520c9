using System;
using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>The set of one index.</summary>
/// <remarks>
/// Invariants while no update runs:
/// <list type="bullet">
/// <item>a slot that is in one of the three containers is in the other two;</item>
/// <item>guest ranges are disjoint, ids unique, and no slot is empty or invalid;</item>
/// <item>the last-used slot, if any, is in the set.</item>
/// </list>
/// </remarks>
sealed class TwinSet<TIndex> : TwinSet
    where TIndex : struct, ITwinIndex
{
    // Written by any reader and read by all, without order: whichever slot a reader sees here was in the set when it
    // was stored, and the writer takes a slot out of here before it takes the slot out of the set.
    TwinSlot? _lastUsed;

    GfnTree<TIndex> _gfns;
    HvaTree<TIndex> _hvas;
    readonly IdHash<TIndex> _ids = new();
    int _count;

    /// <inheritdoc/>
    public override int Index => TIndex.Value;

    /// <inheritdoc/>
    public override int Count => _count;

    /// <inheritdoc/>
    public override TwinSlot? LastUsed => _lastUsed;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn)
    {
        TwinSlot? slot = _lastUsed;
        if (slot is not null && slot.Contains(gfn))
            return slot;
        slot = _gfns.Find(gfn, out _);
        if (slot is not null)
            _lastUsed = slot;
        return slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindWithoutCache(Gfn gfn) => _gfns.Find(gfn, out _);

    /// <inheritdoc/>
    public override MemorySlot? FindNearest(Gfn gfn)
    {
        TwinSlot? slot = _lastUsed;
        if (slot is not null && slot.Contains(gfn))
            return slot;
        slot = _gfns.Find(gfn, out TwinSlot? lastVisited) ?? lastVisited;
        if (slot is not null)
            _lastUsed = slot;
        return slot;
    }

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id) => _ids.Find(id);

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn) => _gfns.FirstFrom(gfn);

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) => after is null
        ? _hvas.FirstIn(range.Start.Value, range.Last.Value)
        : HvaTree<TIndex>.NextIn((TwinSlot)after, range.Start.Value, range.Last.Value);

    /// <inheritdoc/>
    public override void Replace(TwinSlot? old, TwinSlot? replacement)
    {
        if (old is not null)
        {
            _ids.Unlink(old);
            _hvas.Erase(old);
            _count--;
            if (_lastUsed == old)
                _lastUsed = replacement;
            // Where only the flags change, the tree by guest frame keeps its shape.
            if (replacement is null || replacement.Base != old.Base)
                _gfns.Erase(old);
            else
                _gfns.Exchange(old, replacement);
        }
        if (replacement is null)
            return;
        if (old is null || old.Base != replacement.Base)
            _gfns.Insert(replacement);
        _ids.Link(replacement);
        _hvas.Insert(replacement);
        _count++;
    }

    /// <inheritdoc/>
    public override SlotSnapshot Snapshot()
    {
        var byGfn = new MemorySlot[_count];
        var byHva = new MemorySlot[_count];
        int at = 0;
        for (TwinSlot? slot = _gfns.First; slot is not null; slot = GfnTree<TIndex>.Next(slot))
            byGfn[at++] = slot;
        at = 0;
        for (TwinSlot? slot = _hvas.First; slot is not null; slot = HvaTree<TIndex>.Next(slot))
            byHva[at++] = slot;
        return new SlotSnapshot(byGfn, byHva);
    }

    /// <inheritdoc/>
    public override Dictionary<SlotId, TwinSlot> CheckInvariants()
    {
        CheckCount("tree by guest frame", _gfns.CheckInvariants());
        CheckCount("tree by host address", _hvas.CheckInvariants());
        Dictionary<SlotId, TwinSlot> byId = _ids.CheckInvariants();
        CheckCount("id hash", byId.Count);

        // Equal counts, and no slot of a tree that the hash lacks: the three hold the same slots.
        TwinSlot? before = null;
        for (TwinSlot? slot = _gfns.First; slot is not null; before = slot, slot = GfnTree<TIndex>.Next(slot))
        {
            CheckMember(byId, slot);
            if (slot.IsInvalid || slot.PageCount == 0)
                throw Broken($"{slot} is invalid or empty");
            if (TIndex.Nodes(slot).Gfn.Key != slot.Base.Value || (before is not null && before.End > slot.Base))
                throw Broken($"{slot} meets {before} or has a wrong key");
        }
        for (TwinSlot? slot = _hvas.First; slot is not null; slot = HvaTree<TIndex>.Next(slot))
            CheckMember(byId, slot);
        if (_lastUsed is not null)
            CheckMember(byId, _lastUsed);
        return byId;
    }

    void CheckCount(string container, int count)
    {
        if (count != _count)
            throw Broken($"{count} slots of {_count} in the {container}");
    }

    static void CheckMember(Dictionary<SlotId, TwinSlot> byId, TwinSlot slot)
    {
        if (!byId.TryGetValue(slot.Id, out TwinSlot? member) || member != slot)
            throw Broken($"{slot} is not the slot of its id");
    }

    static InvalidOperationException Broken(string what) => new($"set {TIndex.Value}: {what}");
}
