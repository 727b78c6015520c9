using System;
using System.Collections.Generic;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.Hardware.Abi;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Hardware;

/// <summary>A machine whose vCPUs the processor runs.</summary>
/// <remarks>
/// The Core's slots are kept beside the kernel's: a change is made in the kernel first, and one that it refuses changes
/// neither. So device models find host memory without a system call, and memory stays mapped for as long as the kernel
/// may use it.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed partial class HardwareMachine : IMachine, ISlotMirror
{
    // Fixed after construction:
    readonly HardwareBackend _backend;
    readonly SystemDescriptor _system;
    readonly VmDescriptor _vm;
    readonly VirtualMachine _core;
    readonly int _runPageLength;
    readonly int _coalescedPage;

    readonly Lock _vcpusLock = new();

    // Replaced as a whole under _vcpusLock, read anywhere with Volatile.Read:
    HardwareVcpu[] _vcpus = [];

    int _disposed;

    internal HardwareMachine(HardwareBackend backend, SystemDescriptor system, VmDescriptor vm, VirtualMachineOptions options)
    {
        _backend = backend;
        _runPageLength = system.GetVcpuMmapSize();
        _coalescedPage = vm.Check(KvmCapability.CoalescedMmio);
        HasGuestMemory = vm.Check(KvmCapability.GuestMemfd) > 0 && vm.Check(KvmCapability.UserMemory2) > 0;
        _core = new VirtualMachine(options with
        {
            AddressSpaces = Math.Max(1, vm.Check(KvmCapability.MultiAddressSpace)),
            // The kernel knows how many bits its guest has.
            GuestAddressBits = SlotLimits.GuestAddressBits,
            SlotMirror = this,
        });
        _system = system;
        _vm = vm;
    }

    /// <inheritdoc/>
    public IBackend Backend => _backend;

    /// <inheritdoc/>
    public MemorySlots Slots => _core.Slots;

    /// <inheritdoc/>
    public MachineMemory Memory => _core.Memory;

    /// <inheritdoc/>
    public IReadOnlyList<IVcpu> Vcpus => Volatile.Read(ref _vcpus);

    /// <summary>The kernel's machine, for calls that have no counterpart in the contract.</summary>
    internal VmDescriptor Vm => _vm;

    internal SystemDescriptor System => _system;

    internal int RunPageLength => _runPageLength;

    /// <summary>The page of a vCPU's memory that holds the ring of coalesced writes; 0 for none.</summary>
    internal int CoalescedPage => _coalescedPage;

    bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <inheritdoc/>
    public int Check(KvmCapability capability)
    {
        ThrowIfDisposed();
        return _vm.Check(capability);
    }

    /// <inheritdoc/>
    public KvmErrno TryEnable(KvmCapability capability, ulong argument = 0)
    {
        ThrowIfDisposed();
        KvmErrno errno = _vm.TryEnable((uint)capability, 0, argument);
        if (errno == KvmErrno.None && capability is KvmCapability.DirtyLogRing or KvmCapability.DirtyLogRingAcqRel)
            _ringBytes = (uint)argument;
        return errno;
    }

    /// <inheritdoc/>
    IVcpu IMachine.CreateVcpu(VcpuId id) => CreateVcpu(id);

    /// <inheritdoc cref="IMachine.CreateVcpu"/>
    public HardwareVcpu CreateVcpu(VcpuId id)
    {
        lock (_vcpusLock)
        {
            ThrowIfDisposed();
            KvmErrno errno = _vm.TryCreateVcpu(id.Value, out VcpuDescriptor? descriptor);
            if (errno != KvmErrno.None)
                throw Native.Call.Refused(Requests.KVM_CREATE_VCPU, errno, $"id 0x{id.Value:x} beside {_vcpus.Length} vCPUs");
            HardwareVcpu vcpu;
            try
            {
                vcpu = new HardwareVcpu(this, id, descriptor!);
            }
            catch
            {
                descriptor!.Dispose();
                throw;
            }
            // Complete before it is seen.
            Volatile.Write(ref _vcpus, [.. _vcpus, vcpu]);
            return vcpu;
        }
    }

    /// <inheritdoc/>
    KvmErrno ISlotMirror.TryChange(MemorySlot? old, MemorySlot? @new)
    {
        // The kernel's slots go with its machine.
        if (IsDisposed)
            return KvmErrno.None;
        MemorySlot slot = @new ?? old!;
        var region = new kvm_userspace_memory_region { slot = SlotWord.Of(slot.Space, slot.Id) };
        if (@new is not null)
        {
            region.flags = (uint)@new.Flags;
            region.guest_phys_addr = @new.Base.Base.Value;
            region.memory_size = @new.PageCount << Addresses.Page.Shift;
            region.userspace_addr = @new.Hva.Value;
        }
        lock (_dirtyLogLock)
        {
            return @new is not null && (@new.Flags & SlotFlags.GuestMemfd) != 0
                ? TryCreateBound(@new, ref region)
                : _vm.TrySetMemoryRegion(ref region);
        }
    }

    /// <summary>Ends the machine. Runs under way return; when this returns, no vCPU can reach guest memory.</summary>
    public void Dispose()
    {
        HardwareVcpu[] vcpus;
        lock (_vcpusLock)
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            vcpus = _vcpus;
        }
        foreach (HardwareVcpu vcpu in vcpus)
            vcpu.Dispose();
        foreach (HardwareVcpu vcpu in vcpus)
            vcpu.WaitUntilOutside();
        _vm.Dispose();
        _system.Dispose();
        // The kernel has let go of guest memory; now the Core may.
        _core.Dispose();
    }

    void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsDisposed, this);
}
