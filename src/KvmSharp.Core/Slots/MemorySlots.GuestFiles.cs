using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Slots.GuestFiles;

namespace KvmSharp.Slots;

// Slots with pages of a file behind them, besides the user's memory. A machine that has none pays nothing for them: where
// such a slot's pages lie stands here, not in the slot.
partial class MemorySlots
{
    // Guarded by _slotsLock; by slot word. Made with the first such slot.
    Dictionary<uint, GuestMemoryPlace>? _guestMemory;

    /// <summary>Whether there ever was such a slot.</summary>
    internal bool HasBindings => Volatile.Read(ref _guestMemory) is not null;

    /// <summary>Where the pages begin that stand behind a slot besides the user's memory.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="space">The address space.</param>
    /// <returns>Nothing for a slot without such pages, or no slot.</returns>
    public GuestMemoryPlace? GuestMemoryOf(SlotId id, AddressSpaceId space = default)
    {
        lock (_slotsLock)
            return _guestMemory?.GetValueOrDefault(MemorySlot.WordOf(space, id));
    }

    // Once the overlap is ruled out, as in KVM: first which file, then which part of it.
    SlotRefusal TryBind(ReadOnlySpan<SlotEdit> edits, ReadOnlySpan<SlotChange> changes)
    {
        // What goes makes room for what comes, however they stand in a transaction.
        foreach (ref readonly SlotChange change in changes)
        {
            if (Unbinds(change))
                Release(change.Old!);
        }
        for (int index = 0; index < changes.Length; index++)
        {
            if (!Binds(changes[index]))
                continue;
            SlotRefusal refusal = TryBind(changes[index].New!, edits[index].Region.GuestMemory);
            if (refusal.Succeeded)
                continue;
            UndoBindings(changes[..index], changes);
            return refusal;
        }
        return default;
    }

    SlotRefusal TryBind(MemorySlot slot, GuestMemoryPlace? place)
    {
        if (place is null || place.File.IsDisposed)
            return new SlotRefusal(SlotCheck.GuestFileOpen, KvmErrno.EBADF, slot.Id, 0);
        ulong size = slot.PageCount << Page.Shift;
        if (!ReferenceEquals(place.File.Slots, this))
            return new SlotRefusal(SlotCheck.GuestFileIsMachines, KvmErrno.EINVAL, slot.Id, 0);
        // The sum has been found not to wrap.
        if (place.Offset + size > place.File.Size)
            return new SlotRefusal(SlotCheck.GuestFileCovers, KvmErrno.EINVAL, slot.Id, place.Offset + size, place.File.Size);
        if (!place.File.Bindings.TryTake(place.Offset, slot.PageCount))
            return new SlotRefusal(SlotCheck.GuestFilePagesFree, KvmErrno.EINVAL, slot.Id, place.Offset, place.Offset + size);
        (_guestMemory ??= [])[slot.Word] = place;
        return default;
    }

    // The changes were refused after all.
    void UndoBindings(ReadOnlySpan<SlotChange> bound, ReadOnlySpan<SlotChange> all)
    {
        foreach (ref readonly SlotChange change in bound)
        {
            if (!Binds(change))
                continue;
            Release(change.New!);
            _guestMemory!.Remove(change.New!.Word);
        }
        foreach (ref readonly SlotChange change in all)
        {
            if (Unbinds(change))
                _guestMemory![change.Old!.Word].File.Bindings.TryTake(_guestMemory[change.Old.Word].Offset, change.Old.PageCount);
        }
    }

    // The changes are made.
    void ForgetBindings(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (Unbinds(change))
                _guestMemory!.Remove(change.Old!.Word);
        }
    }

    void Release(MemorySlot slot)
    {
        GuestMemoryPlace place = _guestMemory![slot.Word];
        place.File.Bindings.Release(place.Offset);
    }

    static bool Binds(in SlotChange change) => change.Old is null && change.New!.HasGuestMemory;

    static bool Unbinds(in SlotChange change) => change.New is null && change.Old!.HasGuestMemory;
}
