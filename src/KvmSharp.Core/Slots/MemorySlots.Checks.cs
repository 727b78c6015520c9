using System;
using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Slots;

// The checks of a slot change, row by row in KVM's order; the first that fails decides.
partial class MemorySlots
{
    /// <summary>Checks one change and finds out what it is.</summary>
    /// <param name="edit">The change; its definition is filled in.</param>
    /// <param name="old">The slot of that id; none for a create, and for a change that turns out to change nothing.</param>
    /// <param name="totalPages">The page count so far; carried on.</param>
    /// <param name="kind">Delete, create, move, re-flag, or nothing.</param>
    SlotRefusal CheckOne(ref SlotEdit edit, out MemorySlot? old, ref ulong totalPages, out SlotChangeKind kind)
    {
        old = null;
        kind = SlotChangeKind.None;
        SlotId id = edit.Region.Id;

        SlotRefusal Refuse(SlotCheck check, ulong value, ulong bound = 0) => new(check, KvmErrno.EINVAL, id, value, bound);

        if (_machine.IsDead)
            return new SlotRefusal(SlotCheck.MachineDead, KvmErrno.EIO, id, 0);
        if (id.Value >= _userSlots)
            return Refuse(SlotCheck.IdIsUsers, id.Value, (ulong)_userSlots);
        if (edit.Kind != SlotEditKind.Set)
        {
            // A change of one aspect: the others are the slot's own.
            SlotRefusal space = CheckSpace(edit.Region.Space, id);
            if (!space.Succeeded)
                return space;
            if (SpaceOf(edit.Region.Space).Store.Active.FindById(id) is not { } present)
                return Refuse(SlotCheck.SlotExists, 0);
            edit.Region = new MemoryRegion(
                id,
                edit.Kind == SlotEditKind.SetFlags ? edit.Region.Flags : present.Flags,
                edit.Kind == SlotEditKind.Move ? edit.Region.Gpa : present.Base.Base,
                present.PageCount << Page.Shift,
                present.Hva)
            { Space = edit.Region.Space, Backing = present.Backing };
        }

        if (edit.Region.GuestMemory is not null)
            edit.Region = edit.Region with { Flags = edit.Region.Flags | SlotFlags.GuestMemfd };
        MemoryRegion region = edit.Region;
        SlotFlags allowed = AllowedBeside(region.Flags);
        if ((region.Flags & ~allowed) != 0)
            return Refuse(SlotCheck.FlagsKnown, (ulong)region.Flags, (ulong)allowed);
        if (!Page.IsAligned(region.Size))
            return Refuse(SlotCheck.SizeAligned, region.Size, Page.Size);
        if (!region.Gpa.IsPageAligned)
            return Refuse(SlotCheck.GpaAligned, region.Gpa.Value, Page.Size);
        if (!region.Hva.IsPageAligned)
            return Refuse(SlotCheck.HvaAligned, region.Hva.Value, Page.Size);
        if (!region.Hva.TryAdd(region.Size, out Hva hvaEnd) || hvaEnd.Value > SlotLimits.UserHvaEnd)
            return Refuse(SlotCheck.HvaIsUsers, region.Hva.Value, SlotLimits.UserHvaEnd);
        if (region.Backing is { } backing && region.Size != 0
            && !backing.Range.Contains(new HvaRange(region.Hva, region.Size)))
            return Refuse(SlotCheck.BackingCovers, region.Hva.Value, hvaEnd.Value);
        if (region.GuestMemory is { } place && (!Page.IsAligned(place.Offset) || place.Offset + region.Size < place.Offset))
            return Refuse(SlotCheck.GuestFileOffset, place.Offset, region.Size);
        SlotRefusal spaceRefusal = CheckSpace(region.Space, id);
        if (!spaceRefusal.Succeeded)
            return spaceRefusal;
        // A sum of exactly 2^64 counts as wrapping too, except for the empty range at zero.
        if (!region.Gpa.TryAdd(region.Size, out _))
            return Refuse(SlotCheck.GpaDoesNotWrap, region.Gpa.Value, region.Size);
        ulong pages = region.Size >> Page.Shift;
        if (pages > SlotLimits.MaxPagesPerSlot)
            return Refuse(SlotCheck.PagesWithinLimit, pages, SlotLimits.MaxPagesPerSlot);

        old = SpaceOf(region.Space).Store.Active.FindById(id);
        if (pages == 0)
        {
            if (old is null)
                return Refuse(SlotCheck.SlotExists, 0);
            kind = SlotChangeKind.Delete;
            totalPages -= old.PageCount;
            return default;
        }

        edit.Definition = new SlotDefinition(
            region.Space, id, new GfnRange(region.Gpa.Frame, pages), region.Hva, region.Flags, region.Backing ?? old?.Backing);
        if (old is null)
        {
            if (totalPages + pages < totalPages)
                return Refuse(SlotCheck.TotalPagesDoNotWrap, pages, totalPages);
            kind = SlotChangeKind.Create;
            totalPages += pages;
            return default;
        }
        if (((old.Flags | region.Flags) & SlotFlags.GuestMemfd) != 0)
            return Refuse(SlotCheck.GuestMemfdUnchanged, (ulong)region.Flags, (ulong)old.Flags);
        if (old.Hva != region.Hva)
            return Refuse(SlotCheck.HvaUnchanged, region.Hva.Value, old.Hva.Value);
        if (old.PageCount != pages)
            return Refuse(SlotCheck.SizeUnchanged, pages, old.PageCount);
        if (((old.Flags ^ region.Flags) & SlotFlags.ReadOnly) != 0)
            return Refuse(SlotCheck.ReadOnlyUnchanged, (ulong)region.Flags, (ulong)old.Flags);
        edit.Definition = edit.Definition with { Backing = old.Backing };
        kind = old.Base != edit.Definition.Frames.Start ? SlotChangeKind.Move
            : old.Flags != region.Flags ? SlotChangeKind.FlagsOnly
            : SlotChangeKind.None;
        return default;
    }

    // Pages of a file go with no other flag, as far as KVM has come.
    SlotFlags AllowedBeside(SlotFlags flags)
    {
        SlotFlags extra = _mirror?.ExtraFlags ?? SlotFlags.GuestMemfd;
        return (flags & extra & SlotFlags.GuestMemfd) != 0 ? SlotFlags.GuestMemfd : SlotFlags.LogDirty | SlotFlags.ReadOnly;
    }

    SlotRefusal CheckSpace(AddressSpaceId space, SlotId id) =>
        space.Value < _spaces.Length
            ? default
            : new SlotRefusal(SlotCheck.SpaceExists, KvmErrno.EINVAL, id, space.Value, (ulong)_spaces.Length);

    /// <summary>Checks that the slots will not overlap once all changes are made.</summary>
    static SlotRefusal CheckOverlap(SlotSpace space, ReadOnlySpan<SlotEdit> edits, ReadOnlySpan<SlotChange> changes)
    {
        var leaving = new HashSet<MemorySlot>(ReferenceEqualityComparer.Instance);
        var arriving = new List<SlotDefinition>();
        for (int index = 0; index < edits.Length; index++)
        {
            ref readonly SlotChange change = ref changes[index];
            if (change.RemovesMemory)
                leaving.Add(change.Old!);
            if (change.New is not null && (change.Old is null || change.RemovesMemory))
                arriving.Add(edits[index].Definition);
        }
        arriving.Sort(static (left, right) => left.Frames.Start.CompareTo(right.Frames.Start));
        for (int index = 0; index < arriving.Count; index++)
        {
            SlotDefinition wanted = arriving[index];
            if (index > 0 && arriving[index - 1].Frames.End > wanted.Frames.Start)
                return Overlap(wanted, arriving[index - 1].Id);
            foreach (MemorySlot slot in space.Store.Active.InRange(wanted.Frames))
            {
                if (!leaving.Contains(slot))
                    return Overlap(wanted, slot.Id);
            }
        }
        return default;
    }

    static SlotRefusal CheckOverlapOfOne(SlotSpace space, in SlotDefinition wanted, MemorySlot? itself)
    {
        SlotSet slots = space.Store.Active;
        MemorySlot? slot = slots.FirstFrom(wanted.Frames.Start);
        // A slot may move onto part of its own old range.
        if (slot is not null && ReferenceEquals(slot, itself))
            slot = slots.FirstFrom(slot.End);
        return slot is not null && slot.Base < wanted.Frames.End ? Overlap(wanted, slot.Id) : default;
    }

    static SlotRefusal Overlap(in SlotDefinition wanted, SlotId other) =>
        new(SlotCheck.NoOverlap, KvmErrno.EEXIST, wanted.Id, wanted.Frames.Start.Value, other.Value);
}
