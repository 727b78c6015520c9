using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using KvmSharp.DirtyLog;

namespace KvmSharp.Slots;

// The update protocol, once for all stores:
//
//   1. check everything; take a reference to the memory of new slots, and their pages of a file; let a mirror make the
//      change first;
//   2. if memory is taken away: hide its slots, so that every lookup finds them invalid, publish, zap and flush them
//      from the second stage, and wait for readers that found them before;
//   3. publish the result;
//   4. let go of what is gone.
//
// A create or a change of flags has only the steps 1, 3 and 4: nothing is taken away, so nobody is waited for unless
// the store edits sets that readers may still hold.
partial class MemorySlots
{
    // Guarded by _slotsLock. Reused, so that a lone change allocates nothing but its slot.
    readonly SlotChange[] _single = new SlotChange[1];

    SlotRefusal ApplyLocked(AddressSpaceId spaceId, Span<SlotEdit> edits)
    {
        Debug.Assert(_slotsLock.IsHeldByCurrentThread);
        Reclaim.ReadSections.ThrowIfInside();
        Span<SlotChange> changes = edits.Length == 1 ? _single : new SlotChange[edits.Length];
        try
        {
            return CheckAndApply(spaceId, edits, changes);
        }
        finally
        {
            _single[0] = default;
        }
    }

    SlotRefusal CheckAndApply(AddressSpaceId spaceId, Span<SlotEdit> edits, Span<SlotChange> changes)
    {
        ulong totalPages = _totalPages;
        HashSet<SlotId>? named = edits.Length > 1 ? [] : null;
        for (int index = 0; index < edits.Length; index++)
        {
            ref SlotEdit edit = ref edits[index];
            if (named is not null && !named.Add(edit.Region.Id))
                return new SlotRefusal(SlotCheck.NamedOnce, KvmErrno.EINVAL, edit.Region.Id, edit.Region.Id.Value);
            SlotRefusal refusal = CheckOne(ref edit, out MemorySlot? old, ref totalPages, out SlotChangeKind kind);
            if (!refusal.Succeeded)
                return refusal;
            // As in KVM, and because a refusal costs nothing then, a lone change is checked before its slot is made.
            if (named is null && (kind is SlotChangeKind.Create or SlotChangeKind.Move))
            {
                refusal = CheckOverlapOfOne(SpaceOf(spaceId), edit.Definition, old);
                if (!refusal.Succeeded)
                    return refusal;
            }
            changes[index].Old = kind == SlotChangeKind.None ? null : old;
            if (kind is SlotChangeKind.Create or SlotChangeKind.Move or SlotChangeKind.FlagsOnly)
            {
                changes[index].New = TryCreateSlot(SpaceOf(spaceId), edit.Definition, old);
                if (changes[index].New is null)
                    return new SlotRefusal(SlotCheck.MemoryForBitmap, KvmErrno.ENOMEM, edit.Region.Id, edit.Definition.Frames.Count);
            }
        }

        // Changes that change nothing take no further part.
        int kept = 0;
        for (int index = 0; index < changes.Length; index++)
        {
            if (changes[index].Old is null && changes[index].New is null)
                continue;
            changes[kept] = changes[index];
            edits[kept++] = edits[index];
        }
        if (kept == 0)
            return default;
        changes = changes[..kept];

        SlotSpace space = SpaceOf(spaceId);
        SlotRefusal overlap = named is null ? default : CheckOverlap(space, edits[..kept], changes);
        if (!overlap.Succeeded)
            return overlap;

        SlotRefusal bound = TryBind(edits[..kept], changes);
        if (!bound.Succeeded)
            return bound;
        SlotRefusal update = HoldAndUpdate(space, changes);
        if (update.Succeeded)
            ForgetBindings(changes);
        else
            UndoBindings(changes, changes);
        return update;
    }

    SlotRefusal HoldAndUpdate(SlotSpace space, Span<SlotChange> changes)
    {
        SlotRefusal held = HoldMemory(changes);
        if (!held.Succeeded)
            return held;
        SlotRefusal update = TryMirror(changes);
        if (update.Succeeded)
        {
            update = Update(space, changes);
            if (!update.Succeeded)
                UndoMirrored(changes);
        }
        if (!update.Succeeded)
            ReleaseMemory(changes, static change => change.Old is null ? change.New : null);
        return update;
    }

    // None when there is no memory for the bitmap.
    MemorySlot? TryCreateSlot(SlotSpace space, in SlotDefinition definition, MemorySlot? old)
    {
        DirtyBitmap? bitmap = null;
        if ((definition.Flags & SlotFlags.LogDirty) != 0)
        {
            try
            {
                bitmap = old?.DirtyBitmap;
                if (bitmap is null && _machine.UsesDirtyBitmaps)
                    bitmap = new DirtyBitmap(definition.Frames.Count, _initiallySet);
            }
            catch (OutOfMemoryException)
            {
                return null;
            }
        }
        return space.Store.CreateSlot(definition, bitmap);
    }

    SlotRefusal Update(SlotSpace space, Span<SlotChange> changes)
    {
        SlotStore store = space.Store;
        bool removesMemory = false;
        foreach (ref SlotChange change in changes)
            removesMemory |= change.RemovesMemory;

        if (removesMemory)
        {
            store.Stage(SlotStep.Hide, changes);
            Publish(space);
            store.Settle(SlotStep.Hide, changes);
            _machine.Hidden(space.Id, changes);
            if (!store.RetiresSets)
                WaitForReaders();
        }

        SlotRefusal refusal = CheckMaxGfn(changes);
        if (!refusal.Succeeded)
        {
            if (removesMemory)
            {
                store.Stage(SlotStep.Restore, changes);
                Publish(space);
                store.Settle(SlotStep.Restore, changes);
            }
            return refusal;
        }

        store.Stage(SlotStep.Apply, changes);
        Publish(space);
        store.Settle(SlotStep.Apply, changes);
        Commit(space, changes);
        return default;
    }

    // KVM finds this out only while it prepares the new slot, when the old one is already hidden.
    SlotRefusal CheckMaxGfn(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is { } slot && slot.End.Value - 1 > _maxGfn.Value)
                return new SlotRefusal(SlotCheck.WithinMaxGfn, KvmErrno.EINVAL, slot.Id, slot.End.Value - 1, _maxGfn.Value);
        }
        return default;
    }

    void Publish(SlotSpace space)
    {
        _gate.Publish(space);
        Volatile.Write(ref _publications, _publications + 1);
        // A store that edits the set it published before must not find readers in it.
        if (space.Store.RetiresSets)
            WaitForReaders();
        space.EndPublication();
    }

    void WaitForReaders()
    {
        _sections.WaitForReaders();
        Volatile.Write(ref _graceWaits, _graceWaits + 1);
    }

    void Commit(SlotSpace space, ReadOnlySpan<SlotChange> changes)
    {
        ulong totalPages = _totalPages;
        foreach (ref readonly SlotChange change in changes)
        {
            // A fault that found the old slot and has not mapped it yet must not do so with the old flags.
            change.Old?.SetSuperseded();
            if (change.RemovesMemory)
                change.Old!.SetInvalid(true);
            if (change.Old is null)
            {
                totalPages += change.New!.PageCount;
                space.Ids.Take(change.New.Id);
            }
            else if (change.New is null)
            {
                totalPages -= change.Old.PageCount;
                space.Ids.Release(change.Old.Id);
            }
        }
        Volatile.Write(ref _totalPages, totalPages);
        _machine.Committed(space.Id, changes);
        ReleaseMemory(changes, static change => change.New is null ? change.Old : null);
    }

    // A new slot holds its memory's mapping; a moved or re-flagged one goes on with the reference of the old.
    static SlotRefusal HoldMemory(ReadOnlySpan<SlotChange> changes)
    {
        for (int index = 0; index < changes.Length; index++)
        {
            if (changes[index].Old is not null || changes[index].New!.Backing is not { } backing || backing.TryAddReference())
                continue;
            MemorySlot slot = changes[index].New!;
            ReleaseMemory(changes[..index], static change => change.Old is null ? change.New : null);
            return new SlotRefusal(
                SlotCheck.BackingCovers, KvmErrno.EINVAL, slot.Id, slot.Hva.Value, slot.HvaRange.End.Value);
        }
        return default;
    }

    static void ReleaseMemory(ReadOnlySpan<SlotChange> changes, Func<SlotChange, MemorySlot?> gone)
    {
        foreach (ref readonly SlotChange change in changes)
            gone(change)?.Backing?.ReleaseReference();
    }
}
