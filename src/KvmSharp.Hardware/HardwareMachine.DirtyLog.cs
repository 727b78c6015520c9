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

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public KvmErrno TryClearDirtyLog(
        SlotId id, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap, AddressSpaceId space = default)
    {
        ThrowIfDisposed();
        return _vm.TryClearDirtyLog(SlotWord.Of(space, id), firstPage, pages, bitmap);
    }

    /// <inheritdoc/>
    public KvmErrno TryResetDirtyRings(out int count)
    {
        ThrowIfDisposed();
        return _vm.TryResetDirtyRings(out count);
    }
}
