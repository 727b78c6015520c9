using System;
using System.Threading;
using KvmSharp.Slots;

namespace KvmSharp.Hardware;

// Which pages the guest has written, as the kernel knows it.
partial class HardwareMachine
{
    const int PagesPerWord = 64;

    // Taken around each call that changes a slot in the kernel, and around each that has the kernel fill a bitmap of the
    // slot's size. Inside the Core's slots lock.
    readonly Lock _dirtyLogLock = new();

    // Set once, before there are vCPUs; read when one is created.
    uint _ringBytes;

    internal uint RingBytes => _ringBytes;

    /// <summary>Fetches a slot's dirty bitmap; without manual protection it is cleared by that: <c>KVM_GET_DIRTY_LOG</c>.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="bitmap">Room for a bit a page, in whole words. A page's bit is its distance from the slot's first.</param>
    /// <param name="space">The address space.</param>
    /// <returns>
    /// <see cref="KvmErrno.ENOENT"/>: the slot is not there, or not logged. <see cref="KvmErrno.ENXIO"/>: the machine has
    /// dirty rings instead. <see cref="KvmErrno.EINVAL"/>: there can be no such slot.
    /// </returns>
    /// <exception cref="ArgumentException">The bitmap is too short.</exception>
    public KvmErrno TryGetDirtyLog(SlotId id, Span<ulong> bitmap, AddressSpaceId space = default)
    {
        ThrowIfDisposed();
        if (_ringBytes != 0)
            return KvmErrno.ENXIO;
        if (space.Value >= Slots.SpaceCount || id.Value >= SlotLimits.UserSlots)
            return KvmErrno.EINVAL;
        lock (_dirtyLogLock)
        {
            // The kernel asks for no length, so the slot must be known. The Core knows it after the kernel does and
            // forgets it after the kernel has, and nothing changes in the kernel under this lock.
            if (!Slots.TryFind(id, out MemorySlot? slot, space))
                return KvmErrno.ENOENT;
            if ((slot.PageCount + PagesPerWord - 1) / PagesPerWord > (ulong)bitmap.Length)
            {
                throw new ArgumentException(
                    $"0x{bitmap.Length:x} words have no bit for each of 0x{slot.PageCount:x} pages", nameof(bitmap));
            }
            return _vm.TryGetDirtyLog(SlotWord.Of(space, id), bitmap);
        }
    }

    /// <summary>Clears a part of a slot's dirty bitmap: <c>KVM_CLEAR_DIRTY_LOG</c>.</summary>
    /// <param name="id">The slot.</param>
    /// <param name="firstPage">The page of the bitmap's first bit; a multiple of 64.</param>
    /// <param name="pages">Pages; a multiple of 64, unless they end with the slot.</param>
    /// <param name="bitmap">The bits to clear.</param>
    /// <param name="space">The address space.</param>
    /// <returns>As <see cref="TryGetDirtyLog"/>, and <see cref="KvmErrno.EINVAL"/> for an extent the slot does not have.</returns>
    /// <exception cref="ArgumentException">The bitmap has no bit for each page.</exception>
    public KvmErrno TryClearDirtyLog(
        SlotId id, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap, AddressSpaceId space = default)
    {
        ThrowIfDisposed();
        return _vm.TryClearDirtyLog(SlotWord.Of(space, id), firstPage, pages, bitmap);
    }

    /// <summary>Frees the harvested entries of all dirty rings: <c>KVM_RESET_DIRTY_RINGS</c>.</summary>
    /// <param name="count">How many.</param>
    /// <returns><see cref="KvmErrno.EINVAL"/>: the machine has no rings.</returns>
    public KvmErrno TryResetDirtyRings(out int count)
    {
        ThrowIfDisposed();
        return _vm.TryResetDirtyRings(out count);
    }
}
