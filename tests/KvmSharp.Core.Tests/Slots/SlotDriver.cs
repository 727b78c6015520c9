using System;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;

namespace KvmSharp.Tests.Slots;

/// <summary>
/// Drives a store through the steps of updates in the writer's order, as the machine does, with nobody reading. It
/// refuses nothing: the caller brings updates that are sound.
/// </summary>
sealed class SlotDriver(SlotStore store)
{
    public SlotStore Store => store;

    public SlotSet Active => store.Active;

    /// <summary>A definition in the normal address space.</summary>
    public static SlotDefinition Define(
        int id, ulong gfn, ulong pages, ulong hva = 0x10_0000, SlotFlags flags = SlotFlags.None) =>
        new(AddressSpaceId.Normal, new SlotId((ushort)id), new GfnRange(new Gfn(gfn), pages), new Hva(hva), flags);

    /// <summary>The change that brings a new slot.</summary>
    public SlotChange Creation(in SlotDefinition definition) =>
        new() { New = store.CreateSlot(definition, BitmapFor(definition, null)) };

    /// <summary>The change that removes a slot.</summary>
    public static SlotChange Deletion(MemorySlot slot) => new() { Old = slot };

    /// <summary>The change that gives a slot another place, and perhaps other flags.</summary>
    public SlotChange Relocation(MemorySlot slot, ulong gfn, SlotFlags? flags = null)
    {
        SlotDefinition definition = slot.Definition with
        {
            Frames = new GfnRange(new Gfn(gfn), slot.PageCount),
            Flags = flags ?? slot.Flags,
        };
        return new SlotChange { Old = slot, New = store.CreateSlot(definition, BitmapFor(definition, slot)) };
    }

    /// <summary>The change that gives a slot other flags.</summary>
    public SlotChange Reflagging(MemorySlot slot, SlotFlags flags) => Relocation(slot, slot.Base.Value, flags);

    public MemorySlot Create(int id, ulong gfn, ulong pages, ulong hva = 0x10_0000)
    {
        SlotChange change = Creation(Define(id, gfn, pages, hva));
        Update(change);
        return change.New!;
    }

    public void Delete(MemorySlot slot) => Update(Deletion(slot));

    public MemorySlot Move(MemorySlot slot, ulong gfn)
    {
        SlotChange change = Relocation(slot, gfn);
        Update(change);
        return change.New!;
    }

    public MemorySlot SetFlags(MemorySlot slot, SlotFlags flags)
    {
        SlotChange change = Reflagging(slot, flags);
        Update(change);
        return change.New!;
    }

    /// <summary>Carries out one update of one or several changes.</summary>
    public void Update(params Span<SlotChange> changes)
    {
        if (AnyRemovesMemory(changes))
            Step(SlotStep.Hide, changes);
        Step(SlotStep.Apply, changes);
    }

    /// <summary>Carries out an update that fails after its slots have been hidden.</summary>
    public void Fail(params Span<SlotChange> changes)
    {
        Step(SlotStep.Hide, changes);
        Step(SlotStep.Restore, changes);
    }

    /// <summary>Carries out one step; there are no readers to wait for.</summary>
    public void Step(SlotStep step, Span<SlotChange> changes)
    {
        store.Stage(step, changes);
        store.Publish();
        store.Settle(step, changes);
    }

    public static bool AnyRemovesMemory(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.RemovesMemory)
                return true;
        }
        return false;
    }

    // As the machine prepares slots: none without logging, the old one while logging goes on, else a new one.
    static DirtyBitmap? BitmapFor(in SlotDefinition definition, MemorySlot? old) =>
        (definition.Flags & SlotFlags.LogDirty) == 0 ? null
            : old?.DirtyBitmap ?? new DirtyBitmap(definition.Frames.Count, initiallySet: false);
}
