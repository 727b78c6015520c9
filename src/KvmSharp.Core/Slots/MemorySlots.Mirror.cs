using System;

namespace KvmSharp.Slots;

// A hypervisor that keeps the slots too, see ISlotMirror.
partial class MemorySlots
{
    SlotRefusal TryMirror(ReadOnlySpan<SlotChange> changes)
    {
        if (_mirror is null)
            return default;
        if (changes.Length == 1)
            return TryMirror(changes[0].Old, changes[0].New);

        // First away with what loses its place.
        for (int index = 0; index < changes.Length; index++)
        {
            if (!changes[index].RemovesMemory)
                continue;
            SlotRefusal refusal = TryMirror(changes[index].Old, null);
            if (!refusal.Succeeded)
            {
                RestoreMirrored(changes[..index]);
                return refusal;
            }
        }
        for (int index = 0; index < changes.Length; index++)
        {
            if (changes[index].New is not { } slot)
                continue;
            SlotRefusal refusal = TryMirror(changes[index].RemovesMemory ? null : changes[index].Old, slot);
            if (!refusal.Succeeded)
            {
                RemoveMirrored(changes[..index]);
                RestoreMirrored(changes);
                return refusal;
            }
        }
        return default;
    }

    void UndoMirrored(ReadOnlySpan<SlotChange> changes)
    {
        if (_mirror is null)
            return;
        if (changes.Length == 1)
        {
            Require(TryMirror(changes[0].New, changes[0].Old));
            return;
        }
        RemoveMirrored(changes);
        RestoreMirrored(changes);
    }

    void RemoveMirrored(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is not null)
                Require(TryMirror(change.New, change.RemovesMemory ? null : change.Old));
        }
    }

    void RestoreMirrored(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.RemovesMemory)
                Require(TryMirror(null, change.Old));
        }
    }

    SlotRefusal TryMirror(MemorySlot? old, MemorySlot? @new)
    {
        KvmErrno errno = _mirror!.TryChange(old, @new);
        MemorySlot slot = @new ?? old!;
        return errno == KvmErrno.None
            ? default
            : new SlotRefusal(SlotCheck.MirrorAccepts, errno, slot.Id, slot.Base.Value, slot.PageCount);
    }

    // What was there a moment ago is refused now: the two no longer agree, and nothing here can mend that.
    static void Require(SlotRefusal undone)
    {
        if (!undone.Succeeded)
            throw new KvmException("KVM_SET_USER_MEMORY_REGION", KvmErrno.EIO, $"a refused change cannot be undone: {undone}");
    }
}
