using System;
using System.Runtime.Versioning;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;

namespace KvmSharp.Hardware;

/// <summary>A machine of the kernel's: its calls, one method each, that return the kernel's error code.</summary>
/// <remarks>
/// Thread-safe; the kernel excludes what excludes each other. Nothing is checked here that the kernel checks; what it
/// cannot check – that a buffer is as large as a slot wants it – is said where it matters.
/// </remarks>
[SupportedOSPlatform("linux")]
sealed class VmDescriptor(int descriptor) : KvmDescriptor(descriptor)
{
    /// <summary>0, 1, or the number the capability is about.</summary>
    internal int Check(KvmCapability capability) =>
        Call.Try(this, Requests.KVM_CHECK_EXTENSION, (nuint)capability, out int value) == KvmErrno.None ? value : 0;

    internal KvmErrno TryEnable(uint capability, uint flags, ulong argument)
    {
        var enable = new kvm_enable_cap { cap = capability, flags = flags, arg0 = argument };
        return Call.Try(this, Requests.KVM_ENABLE_CAP, ref enable);
    }

    internal KvmErrno TrySetMemoryRegion(ref kvm_userspace_memory_region region) =>
        Call.Try(this, Requests.KVM_SET_USER_MEMORY_REGION, ref region);

    internal KvmErrno TrySetMemoryRegion2(ref kvm_userspace_memory_region2 region) =>
        Call.Try(this, Requests.KVM_SET_USER_MEMORY_REGION2, ref region);

    /// <summary>Makes a file of memory that belongs to this machine.</summary>
    internal KvmErrno TryCreateGuestMemfd(ulong size, ulong flags, out GuestMemfd? file)
    {
        var create = new kvm_create_guest_memfd { size = size, flags = flags };
        KvmErrno errno = Call.Try(this, Requests.KVM_CREATE_GUEST_MEMFD, ref create, out int descriptor);
        file = errno == KvmErrno.None ? new GuestMemfd(descriptor) : null;
        return errno;
    }

    /// <summary>Fetches a dirty bitmap, and without manual protection clears it.</summary>
    /// <param name="slot">The slot word.</param>
    /// <param name="bitmap">
    /// Safety: at least a bit for each page of the slot, in whole words. The kernel writes as much and asks for no length.
    /// </param>
    internal KvmErrno TryGetDirtyLog(uint slot, Span<ulong> bitmap) => DirtyLogCalls.TryGet(this, slot, bitmap);

    /// <summary>Clears a part of a dirty bitmap.</summary>
    /// <param name="slot">The slot word.</param>
    /// <param name="firstPage">The page of the bitmap's first bit.</param>
    /// <param name="pages">How many pages; the bitmap has a bit for each.</param>
    /// <param name="bitmap">The bits to clear.</param>
    internal KvmErrno TryClearDirtyLog(uint slot, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap) =>
        DirtyLogCalls.TryClear(this, slot, firstPage, pages, bitmap);

    internal KvmErrno TryResetDirtyRings(out int count) => Call.Try(this, Requests.KVM_RESET_DIRTY_RINGS, 0, out count);

    internal KvmErrno TryCreateVcpu(ulong id, out VcpuDescriptor? vcpu)
    {
        KvmErrno errno = Call.Try(this, Requests.KVM_CREATE_VCPU, (nuint)id, out int descriptor);
        vcpu = errno == KvmErrno.None ? new VcpuDescriptor(descriptor) : null;
        return errno;
    }

    internal KvmErrno TrySetBootCpuId(uint id) => Call.Try(this, Requests.KVM_SET_BOOT_CPU_ID, id, out _);

    internal KvmErrno TrySetTssAddress(ulong gpa) => Call.Try(this, Requests.KVM_SET_TSS_ADDR, (nuint)gpa, out _);

    internal KvmErrno TrySetNrMmuPages(uint pages) => Call.Try(this, Requests.KVM_SET_NR_MMU_PAGES, pages, out _);

    internal KvmErrno TryCreateIrqchip() => Call.Try(this, Requests.KVM_CREATE_IRQCHIP);

    internal KvmErrno TrySetIrqLine(uint gsi, bool level)
    {
        var line = new kvm_irq_level { irq = gsi, level = level ? 1u : 0 };
        return Call.Try(this, Requests.KVM_IRQ_LINE, ref line);
    }

    internal KvmErrno TrySignalMsi(ulong address, uint data, uint flags, out int taken)
    {
        var message = new kvm_msi { address_lo = (uint)address, address_hi = (uint)(address >> 32), data = data, flags = flags };
        KvmErrno errno = Call.Try(this, Requests.KVM_SIGNAL_MSI, ref message, out taken);
        taken = Math.Max(taken, 0);
        return errno;
    }

    internal KvmErrno TryIrqfd(int fd, uint gsi, uint flags, uint resample = 0)
    {
        var irqfd = new kvm_irqfd { fd = (uint)fd, gsi = gsi, flags = flags, resamplefd = resample };
        return Call.Try(this, Requests.KVM_IRQFD, ref irqfd);
    }

    internal KvmErrno TryIoeventfd(ulong address, uint length, int fd, uint flags, ulong data)
    {
        var ioeventfd = new kvm_ioeventfd { addr = address, len = length, fd = fd, flags = flags, datamatch = data };
        return Call.Try(this, Requests.KVM_IOEVENTFD, ref ioeventfd);
    }

    internal KvmErrno TryRegisterCoalesced(ulong address, uint size, uint pio) =>
        TryCoalesced(Requests.KVM_REGISTER_COALESCED_MMIO, address, size, pio);

    internal KvmErrno TryUnregisterCoalesced(ulong address, uint size, uint pio) =>
        TryCoalesced(Requests.KVM_UNREGISTER_COALESCED_MMIO, address, size, pio);

    KvmErrno TryCoalesced(Request request, ulong address, uint size, uint pio)
    {
        var zone = new kvm_coalesced_mmio_zone { addr = address, size = size, pio = pio };
        return Call.Try(this, request, ref zone);
    }

    /// <summary>A request at whatever address the caller likes, for comparing how it is refused.</summary>
    internal KvmErrno TryAt(Request request, nuint address) => Call.Try(this, request, address, out _);
}
