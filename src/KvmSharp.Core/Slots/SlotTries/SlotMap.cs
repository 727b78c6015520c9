using System;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.SlotTries;

/// <summary>The slots of one address space at one moment. It never changes once published.</summary>
sealed class SlotMap : SlotSet
{
    // Fixed once published.
    RangeTrie<GuestFrames> _byGfn;
    HvaIndex _byHva;
    IdIndex _byId;
    int _count;

    internal static readonly SlotMap Empty = new();

    /// <inheritdoc/>
    public override int Count => _count;

    /// <inheritdoc/>
    public override MemorySlot? Find(Gfn gfn) => _byGfn.Find(gfn.Value);

    /// <inheritdoc/>
    // What does not cover the frame but comes next borders the hole around it; with nothing above, the highest does.
    public override MemorySlot? FindNearest(Gfn gfn) => _byGfn.FirstFrom(gfn.Value) ?? _byGfn.Last();

    /// <inheritdoc/>
    public override MemorySlot? FindById(SlotId id) => _byId.Find(id);

    /// <inheritdoc/>
    public override MemorySlot? FirstFrom(Gfn gfn) => _byGfn.FirstFrom(gfn.Value);

    /// <inheritdoc/>
    public override MemorySlot? NextByHva(HvaRange range, MemorySlot? after) =>
        _byHva.Next(range, after) is { } created ? _byId.Find(created.Id) : null;

    /// <inheritdoc/>
    internal override bool HasAny(HvaRange range) => _byHva.Next(range, null) is not null;

    /// <inheritdoc/>
    internal override bool MaySharePages => _byHva.HasAliases;

    /// <inheritdoc/>
    internal override Gfn EndOfRow(MemorySlot first, Gfn limit) => new(_byGfn.EndOfRow(first, limit.Value));

    /// <summary>A map with the changes applied; this one stays as it is.</summary>
    internal SlotMap With(ReadOnlySpan<SlotChange> changes, long edit)
    {
        var map = new SlotMap { _byGfn = _byGfn, _byHva = _byHva, _byId = _byId, _count = _count };
        // What leaves a place goes first, so that slots may take each other's.
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.RemovesMemory)
                map._byGfn.Remove(edit, change.Old!);
            if (change.New is null)
                map.Remove(edit, change.Old!);
        }
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is not null)
                map.Put(edit, change.Old, change.New);
        }
        return map;
    }

    void Remove(long edit, MemorySlot old)
    {
        _byHva.Remove(edit, old);
        _byId.Remove(edit, old.Id);
        _count--;
    }

    void Put(long edit, MemorySlot? old, MemorySlot @new)
    {
        _byId.Put(edit, old, @new);
        if (old is null)
        {
            _byGfn.Insert(edit, @new);
            _byHva.Insert(edit, @new);
            _count++;
            return;
        }
        if (@new.Base == old.Base)
            _byGfn.Replace(edit, old, @new);
        else
            _byGfn.Insert(edit, @new);
    }

    /// <summary>Checks the three ways to find a slot against each other and each against its own rules.</summary>
    internal void CheckInvariants()
    {
        _byGfn.CheckInvariants();
        _byHva.CheckInvariants(_count);
        Require(_byId.CheckInvariants() == _count, "by id");
        Gfn end = default;
        int count = 0;
        foreach (MemorySlot slot in All)
        {
            Require(slot.Base >= end, "disjoint guest frames");
            Require(!slot.IsInvalid, "no hidden slot between updates");
            Require(ReferenceEquals(FindById(slot.Id), slot), "the same slot by id");
            Require(_byHva.Holds(slot), "the same slot by host address, once");
            end = slot.End;
            count++;
        }
        Require(count == _count, "as many slots by guest frame");
    }

    static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"slot map: does not hold: {what}");
    }
}
