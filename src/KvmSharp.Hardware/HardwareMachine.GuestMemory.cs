using System;
using System.Runtime.CompilerServices;
using KvmSharp.Hardware.Abi;
using KvmSharp.Slots;

namespace KvmSharp.Hardware;

// Slots with memory that only the guest maps.
partial class HardwareMachine
{
    // What the change that this thread is making wants. The Core calls back on the same thread, see TryChange.
    [ThreadStatic]
    static GuestMemoryBinding? _wanted;

    // By the slot object, which comes back when a change that took the slot away is undone.
    readonly ConditionalWeakTable<MemorySlot, GuestMemoryBinding> _bindings = [];

    /// <inheritdoc/>
    SlotFlags ISlotMirror.ExtraFlags => HasGuestMemory ? SlotFlags.GuestMemfd : SlotFlags.None;

    /// <summary>
    /// Whether this machine has slots with memory that only the guest maps: <c>KVM_CAP_GUEST_MEMFD</c> and
    /// <c>KVM_CAP_USER_MEMORY2</c>.
    /// </summary>
    public bool HasGuestMemory { get; }

    /// <summary>Makes a file of memory that belongs to this machine: <c>KVM_CREATE_GUEST_MEMFD</c>.</summary>
    /// <param name="size">Bytes: whole pages.</param>
    /// <param name="flags">The kernel's flags.</param>
    /// <exception cref="NotSupportedException">The machine has none: see <see cref="HasGuestMemory"/>.</exception>
    /// <exception cref="KvmException"><see cref="KvmErrno.EINVAL"/>: not such a size, or unknown flags.</exception>
    public GuestMemoryFile CreateGuestMemory(ulong size, ulong flags = 0)
    {
        ThrowIfDisposed();
        RequireGuestMemory();
        Require(Requests.KVM_CREATE_GUEST_MEMFD, _vm.TryCreateGuestMemfd(size, flags, out GuestMemfd? descriptor), size);
        return new GuestMemoryFile(descriptor!);
    }

    /// <summary>
    /// Creates a slot with memory that only the guest maps behind it, besides the user's:
    /// <c>KVM_SET_USER_MEMORY_REGION2</c>. Such a slot can be deleted, but neither moved nor logged.
    /// </summary>
    /// <param name="region">The slot. It may not have flags.</param>
    /// <param name="file">A file of this machine.</param>
    /// <param name="offset">Bytes from the file's start: whole pages. A page of it stands behind one slot at most.</param>
    /// <returns>
    /// How the change ended. <see cref="KvmErrno.EINVAL"/>: the file has no such part or it is another slot's, the file is
    /// another machine's, or there is a slot of this id.
    /// </returns>
    /// <exception cref="NotSupportedException">The machine has none: see <see cref="HasGuestMemory"/>.</exception>
    public SlotRefusal TryCreateSlot(in MemoryRegion region, GuestMemoryFile file, ulong offset)
    {
        ArgumentNullException.ThrowIfNull(file);
        ThrowIfDisposed();
        RequireGuestMemory();
        _wanted = new GuestMemoryBinding(file.Descriptor, offset);
        try
        {
            return Slots.TrySet(region with { Flags = region.Flags | SlotFlags.GuestMemfd });
        }
        finally
        {
            _wanted = null;
        }
    }

    KvmErrno TryCreateBound(MemorySlot slot, ref kvm_userspace_memory_region region)
    {
        if (_wanted is { } wanted)
            _bindings.AddOrUpdate(slot, wanted);
        // The flag alone says not which memory: the kernel's older call knows no such flag.
        if (!_bindings.TryGetValue(slot, out GuestMemoryBinding? binding))
            return KvmErrno.EINVAL;
        bool isHeld = false;
        try
        {
            binding.File.DangerousAddRef(ref isHeld);
            var wide = new kvm_userspace_memory_region2
            {
                slot = region.slot,
                flags = region.flags,
                guest_phys_addr = region.guest_phys_addr,
                memory_size = region.memory_size,
                userspace_addr = region.userspace_addr,
                guest_memfd = (uint)binding.File.Number,
                guest_memfd_offset = binding.Offset,
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
                binding.File.DangerousRelease();
        }
    }

    void RequireGuestMemory()
    {
        if (!HasGuestMemory)
            throw new NotSupportedException("the kernel has no memory that only the guest maps: it lacks KVM_CAP_GUEST_MEMFD");
    }
}

/// <summary>Which memory stands behind a slot, besides the user's.</summary>
sealed record GuestMemoryBinding(GuestMemfd File, ulong Offset);
