using System;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;

namespace KvmSharp.X86;

// Which pages the guest has written.
partial class SoftwareMachine
{
    /// <inheritdoc/>
    public KvmErrno TryGetDirtyLog(SlotId id, Span<ulong> bitmap, AddressSpaceId space = default)
    {
        // Before the call, which as KVM's loses what it cannot tell.
        if (!_core.DirtyTracking.UsesRings && space.Value < Slots.SpaceCount
            && Slots.TryFind(id, out MemorySlot? slot, space)
            && DirtyTracking.WordsFor(slot.PageCount) > bitmap.Length)
        {
            throw TooShort(bitmap.Length, slot.PageCount, nameof(bitmap));
        }
        KvmErrno errno = _core.DirtyTracking.TryGetLog(id, bitmap, space);
        return errno != KvmErrno.EFAULT
            ? errno
            : throw new ArgumentException($"a slot of more than 0x{bitmap.Length:x} words has just taken the place", nameof(bitmap));
    }

    /// <inheritdoc/>
    public KvmErrno TryClearDirtyLog(
        SlotId id, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap, AddressSpaceId space = default)
    {
        if (DirtyTracking.WordsFor(pages) > bitmap.Length)
            throw TooShort(bitmap.Length, pages, nameof(bitmap));
        return _core.DirtyTracking.TryClearLog(id, firstPage, pages, bitmap, space);
    }

    /// <inheritdoc/>
    public KvmErrno TryResetDirtyRings(out int count) => _core.DirtyTracking.TryResetRings(out count);

    static ArgumentException TooShort(int words, ulong pages, string name) =>
        new($"0x{words:x} words have no bit for each of 0x{pages:x} pages", name);
}
