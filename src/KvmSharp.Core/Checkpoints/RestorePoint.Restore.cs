using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.Checkpoints;

// Going back.
partial class RestorePoint
{
    /// <summary>Brings the machine's slots and memory back to what they were.</summary>
    /// <returns>Pages whose content was brought back.</returns>
    /// <exception cref="ObjectDisposedException">The point was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// A vCPU is in guest mode, or the calling thread inside a read section.
    /// </exception>
    /// <exception cref="KvmException">
    /// A slot cannot be brought back, or <see cref="KvmErrno.EFAULT"/>: host memory that was written may no longer be.
    /// Memory is as before then, and it can be tried again.
    /// </exception>
    public ulong Restore()
    {
        ReadSections.ThrowIfInside();
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        lock (_machine.Slots.UpdateLock)
        {
            RequireStopped(_machine);
            if (HaveSlotsChanged())
                RestoreSlots();
            // From here on nobody writes these pages unrecorded, and nobody is running.
            DirtyRanges written = _consumer.Accumulate();
            foreach (DirtyRange range in written)
                RequireWritable(range);
            ulong pages = 0;
            bool tracksWrites = !_machine.WriteTracking.IsIdle;
            foreach (DirtyRange range in written)
            {
                pages += CopyBack(range.HvaRange);
                if (tracksWrites)
                    Announce(range);
                // For everybody else the pages have been written once more.
                if (range.Slot.DirtyBitmap is { Slot: not null } log)
                    _machine.DirtyTracking.ReportLocked(log, range.FirstPage, range.PageCount, except: _consumer);
            }
            _consumer.Forget();
            return pages;
        }
    }

    // A slot that came later may reach beyond the memory that was captured.
    ulong CopyBack(HvaRange rest)
    {
        ulong pages = 0;
        while (_layout.TryFindFirst(rest, out HvaRange part, out ulong page))
        {
            Checkpoint.Image.CopyTo(page, part.Start, part.Length >> Page.Shift);
            pages += part.Length >> Page.Shift;
            rest = new HvaRange(part.End, rest.End - part.End);
        }
        return pages;
    }

    // A CPU may have decoded code there.
    void Announce(DirtyRange range)
    {
        using ReadSection section = _machine.Sections.Enter();
        for (ulong page = 0; page < range.PageCount; page++)
            _machine.WriteTracking.NoteWrite(range.Slot.Space, range.Frames.Start + page);
    }

    bool HaveSlotsChanged()
    {
        for (int space = 0; space < _generations.Length; space++)
        {
            if (_machine.Slots.Generation(new AddressSpaceId((byte)space)) != _generations[space])
                return true;
        }
        return false;
    }

    void RememberGenerations()
    {
        for (int space = 0; space < _generations.Length; space++)
            _generations[space] = _machine.Slots.Generation(new AddressSpaceId((byte)space));
    }

    void RestoreSlots()
    {
        for (byte number = 0; number < _generations.Length; number++)
        {
            var space = new AddressSpaceId(number);
            var wanted = new Dictionary<SlotId, SlotDefinition>();
            foreach (SlotDefinition slot in _slots)
            {
                if (slot.Space == space)
                    wanted.Add(slot.Id, slot);
            }
            // First away with what cannot become what is wanted; a transaction names each id once.
            SlotTransaction away = _machine.Slots.BeginTransaction(space);
            SlotTransaction back = _machine.Slots.BeginTransaction(space);
            foreach (MemorySlot slot in _machine.Slots.Snapshot(space).All)
            {
                if (!wanted.TryGetValue(slot.Id, out SlotDefinition definition) || !CanBecome(slot, definition))
                    away.Delete(slot.Id);
                else if (slot.Definition == definition)
                    wanted.Remove(slot.Id);
            }
            foreach (SlotDefinition slot in wanted.Values)
            {
                back.Set(new MemoryRegion(
                    slot.Id, slot.Flags, slot.Frames.Start.Base, slot.Frames.Count << Page.Shift, slot.Hva)
                { Backing = slot.Backing });
            }
            away.Apply();
            back.Apply();
        }
        RememberGenerations();
    }

    static bool CanBecome(MemorySlot slot, in SlotDefinition definition) =>
        slot.Hva == definition.Hva
        && slot.PageCount == definition.Frames.Count
        && ReferenceEquals(slot.Backing, definition.Backing)
        && ((slot.Flags ^ definition.Flags) & SlotFlags.ReadOnly) == 0;

    static void RequireWritable(DirtyRange range)
    {
        if (range.Slot.Backing is not { } backing)
            return;
        for (Hva next = range.HvaRange.Start; next < range.HvaRange.End;)
        {
            if (backing.ProtectionAt(next, out HvaRange uniform) != HostProtection.ReadWrite)
                throw new KvmException("restoring", KvmErrno.EFAULT, $"{range.Slot}: {uniform} may not be written");
            next = uniform.End;
        }
    }
}
