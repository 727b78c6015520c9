using System;
using KvmSharp.Hardware.Abi;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;

namespace KvmSharp.Hardware;

// Slots with pages of a file behind them, besides the user's memory.
partial class HardwareMachine
{
    /// <inheritdoc/>
    SlotFlags ISlotMirror.ExtraFlags => HasGuestMemory ? SlotFlags.GuestMemfd : SlotFlags.None;

    /// <summary>
    /// Whether this machine has slots with pages of a file: <c>KVM_CAP_GUEST_MEMFD</c> and <c>KVM_CAP_USER_MEMORY2</c>.
    /// </summary>
    public bool HasGuestMemory { get; }

    /// <inheritdoc/>
    public GuestMemoryFile CreateGuestMemory(ulong size, GuestMemoryFlags flags = GuestMemoryFlags.None)
    {
        ThrowIfDisposed();
        if (!HasGuestMemory)
            throw new NotSupportedException("the kernel has no files of guest memory: it lacks KVM_CAP_GUEST_MEMFD");
        KvmErrno errno = _vm.TryCreateGuestMemfd(size, (ulong)flags, out GuestMemfd? descriptor);
        if (errno != KvmErrno.None)
            throw Native.Call.Refused(Requests.KVM_CREATE_GUEST_MEMFD, errno, $"0x{size:x} bytes, flags 0x{(ulong)flags:x}");
        return new GuestMemfdFile(Slots, descriptor!, size, flags);
    }

    KvmErrno TryCreateBound(MemorySlot slot, ref kvm_userspace_memory_region region)
    {
        if (Slots.GuestMemoryOf(slot.Id, slot.Space) is not { File: GuestMemfdFile { Descriptor: var descriptor } } place)
            return KvmErrno.EINVAL;
        bool isHeld = false;
        try
        {
            descriptor.DangerousAddRef(ref isHeld);
            var wide = new kvm_userspace_memory_region2
            {
                slot = region.slot,
                flags = region.flags,
                guest_phys_addr = region.guest_phys_addr,
                memory_size = region.memory_size,
                userspace_addr = region.userspace_addr,
                guest_memfd = (uint)descriptor.Number,
                guest_memfd_offset = place.Offset,
            };
            return _vm.TrySetMemoryRegion2(ref wide);
        }
        catch (ObjectDisposedException)
        {
            return KvmErrno.EBADF;
        }
        finally
        {
            if (isHeld)
                descriptor.DangerousRelease();
        }
    }
}
