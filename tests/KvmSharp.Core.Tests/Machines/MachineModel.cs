using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Tests.Machines;

/// <summary>
/// A machine as a list: slots with flags and dirty bits, generations, and what every host page holds. Slow, and so
/// simple that one can see that it is right. Here: slot changes.
/// </summary>
sealed partial class MachineModel
{
    const ulong WholeAddressSpacePages = 1UL << 40;

    public MachineModel(Hva start, int hostPages, int spaces)
    {
        Start = start;
        Host = new byte[hostPages * Page.Size];
        Protections = new HostProtection[hostPages];
        Array.Fill(Protections, HostProtection.ReadWrite);
        Generations = [.. Enumerable.Range(0, spaces).Select(space => (ulong)space)];
    }

    public Hva Start { get; }

    /// <summary>What the host memory holds.</summary>
    public byte[] Host { get; }

    /// <summary>What may be done with each host page.</summary>
    public HostProtection[] Protections { get; }

    public List<ModelSlot> Slots { get; private set; } = [];

    public ulong[] Generations { get; }

    public bool InitiallySet { get; set; }

    public ulong TotalPages => Slots.Aggregate(0UL, (sum, slot) => sum + slot.Pages);

    public int Count(int space) => Slots.Count(slot => slot.Space == space);

    public ModelSlot? ById(int space, int id) => Slots.Find(slot => slot.Space == space && slot.Id == id);

    public ModelSlot? ByFrame(int space, ulong gfn) =>
        Slots.Find(slot => slot.Space == space && gfn >= slot.Gfn && gfn - slot.Gfn < slot.Pages);

    /// <summary>Makes changes together, or none.</summary>
    public KvmErrno Apply(int space, IReadOnlyList<ModelEdit> edits)
    {
        var named = new HashSet<int>();
        var result = new List<ModelSlot>(Slots);
        var placed = new List<ModelSlot>();
        bool changes = false;
        bool removes = false;
        foreach (ModelEdit edit in edits)
        {
            if (!named.Add(edit.Region.Id.Value) || !IsSound(space, edit, out MemoryRegion region, out ModelSlot? old))
                return KvmErrno.EINVAL;
            if (region.Size == 0)
            {
                result.Remove(old!);
                changes = removes = true;
                continue;
            }
            ModelSlot wanted = Make(space, region, old);
            bool moves = old is not null && old.Gfn != wanted.Gfn;
            if (old is not null && !moves && old.Flags == wanted.Flags)
                continue;
            if (old is not null)
                result.Remove(old);
            result.Add(wanted);
            if (old is null || moves)
                placed.Add(wanted);
            changes = true;
            removes |= moves;
        }
        if (!changes)
            return KvmErrno.None;
        foreach (ModelSlot slot in placed)
        {
            if (result.Exists(other => other != slot && other.Overlaps(slot)))
                return KvmErrno.EEXIST;
        }
        // These machines have no files of guest memory, so none is named.
        if (placed.Exists(slot => slot.Flags == SlotFlags.GuestMemfd))
            return KvmErrno.EBADF;
        if (removes)
            Advance(space);
        if (placed.Exists(slot => slot.Gfn + slot.Pages > WholeAddressSpacePages))
        {
            if (removes)
                Advance(space);
            return KvmErrno.EINVAL;
        }
        Advance(space);
        Slots = result;
        return KvmErrno.None;
    }

    void Advance(int space) => Generations[space] += (ulong)Generations.Length;

    ModelSlot Make(int space, in MemoryRegion region, ModelSlot? old)
    {
        bool[]? dirty = null;
        if ((region.Flags & SlotFlags.LogDirty) != 0)
            dirty = old?.Dirty ?? [.. Enumerable.Repeat(InitiallySet, (int)(region.Size / Page.Size))];
        return new ModelSlot(
            space, region.Id.Value, region.Gpa.Value / Page.Size, region.Size / Page.Size, region.Hva.Value, region.Flags, dirty);
    }

    // The checks of KVM that end in EINVAL, but for the last frame.
    bool IsSound(int space, ModelEdit edit, out MemoryRegion region, out ModelSlot? old)
    {
        region = edit.Region;
        old = null;
        if (region.Id.Value >= 32764 || space >= Generations.Length)
            return false;
        old = ById(space, region.Id.Value);
        if (edit.Kind != SlotEditKind.Set)
        {
            if (old is null)
                return false;
            region = new MemoryRegion(
                region.Id,
                edit.Kind == SlotEditKind.SetFlags ? region.Flags : old.Flags,
                edit.Kind == SlotEditKind.Move ? region.Gpa : new Gpa(old.Gfn * Page.Size),
                old.Pages * Page.Size,
                new Hva(old.Hva));
        }
        UInt128 hvaEnd = (UInt128)region.Hva.Value + region.Size;
        bool areFlagsSound = (uint)region.Flags <= 3 || (region.Flags == SlotFlags.GuestMemfd && (old is null || region.Size == 0));
        if (!areFlagsSound || region.Size % Page.Size != 0 || region.Gpa.Value % Page.Size != 0
            || region.Hva.Value % Page.Size != 0 || hvaEnd > 0x7fff_ffff_f000
            || (UInt128)region.Gpa.Value + region.Size > ulong.MaxValue || region.Size / Page.Size > int.MaxValue)
        {
            return false;
        }
        bool backed = region.Hva >= Start && hvaEnd <= Start.Value + (ulong)Host.Length;
        if (region.Size != 0 && !backed)
            return false;
        if (old is null)
            return region.Size != 0;
        return region.Size == 0 || (old.Hva == region.Hva.Value && old.Pages == region.Size / Page.Size
            && ((old.Flags ^ region.Flags) & SlotFlags.ReadOnly) == 0);
    }
}

/// <summary>A slot of the model; a moved or re-flagged one is another with the same dirty bits.</summary>
sealed record ModelSlot(int Space, int Id, ulong Gfn, ulong Pages, ulong Hva, SlotFlags Flags, bool[]? Dirty)
{
    public bool Overlaps(ModelSlot other) =>
        Space == other.Space && Gfn < other.Gfn + other.Pages && other.Gfn < Gfn + Pages;

    // Two slots are the same only if they are one.
    public bool Equals(ModelSlot? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id;
}

/// <summary>One change as a caller states it.</summary>
readonly record struct ModelEdit(SlotEditKind Kind, MemoryRegion Region);
