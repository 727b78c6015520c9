using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.DirtyLog;
using KvmSharp.InterruptControllers;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Vcpus;

namespace KvmSharp.X86;

/// <summary>A machine whose vCPUs are software x86-64 CPUs.</summary>
public sealed partial class SoftwareMachine : IMachine, IWriteTracker
{
    /// <summary>The one hypercall that can be asked for: a guest that shares or hides memory (KVM_HC_MAP_GPA_RANGE).</summary>
    const ulong ExitableHypercalls = 1UL << 12;

    const int MaxRingBytes = 1 << 20;

    // The page of a vCPU's memory at which KVM shows the ring of coalesced writes.
    const int CoalescedPage = 2;

    readonly VirtualMachine _core;
    readonly Lock _vcpusLock = new();

    // Replaced as a whole under _vcpusLock, read anywhere with Volatile.Read:
    SoftwareVcpu[] _vcpus = [];

    internal SoftwareMachine(VirtualMachineOptions options)
    {
        _core = new VirtualMachine(options);
        _core.WriteTracking.Tracker = this;
    }

    /// <inheritdoc/>
    public IBackend Backend => SoftwareBackend.Instance;

    /// <summary>The machine core: what there is besides the CPUs.</summary>
    public VirtualMachine Core => _core;

    /// <inheritdoc/>
    public MemorySlots Slots => _core.Slots;

    /// <inheritdoc/>
    public MachineMemory Memory => _core.Memory;

    /// <inheritdoc/>
    public IReadOnlyList<IVcpu> Vcpus => Volatile.Read(ref _vcpus);

    internal CpuEnvironment Environment { get; } = new();

    /// <inheritdoc/>
    public int Check(KvmCapability capability) => capability switch
    {
        KvmCapability.UserMemory or KvmCapability.ExtendedCpuid or KvmCapability.MpState or KvmCapability.UserNmi
            or KvmCapability.SetGuestDebug or KvmCapability.VcpuEvents or KvmCapability.DebugRegs
            or KvmCapability.EnableCapVm or KvmCapability.Xsave or KvmCapability.Xcrs or KvmCapability.ReadOnlyMemory
            or KvmCapability.ImmediateExit or KvmCapability.MemoryFaultInfo or KvmCapability.Ioeventfd
            or KvmCapability.CoalescedPio or KvmCapability.X86TripleFaultEvent or KvmCapability.UserMemory2
            or KvmCapability.GuestMemfd or KvmCapability.Irqchip or KvmCapability.Irqfd or KvmCapability.IrqfdResample
            or KvmCapability.SignalMsi or KvmCapability.HyperV or KvmCapability.HyperVVpIndex
            or KvmCapability.HyperVTlbFlush or KvmCapability.HyperVSendIpi => 1,
        KvmCapability.IrqRouting => GsiRoute.Limit,
        KvmCapability.CoalescedMmio => CoalescedPage,
        KvmCapability.NrMemslots => SlotLimits.UserSlots,
        KvmCapability.NrVcpus or KvmCapability.MaxVcpus => _core.Options.MaxVcpus,
        KvmCapability.MaxVcpuId => _core.Options.MaxVcpuIds,
        KvmCapability.MultiAddressSpace => _core.Options.AddressSpaces,
        KvmCapability.ManualDirtyLogProtect => (int)(DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet),
        KvmCapability.DirtyLogRing or KvmCapability.DirtyLogRingAcqRel => MaxRingBytes,
        KvmCapability.Xsave2 => SoftwareVcpu.XsaveBytes,
        KvmCapability.ExitHypercall => (int)ExitableHypercalls,
        KvmCapability.GuestMemfdFlags => (int)(GuestMemoryFlags.Mmap | GuestMemoryFlags.InitShared),
        _ => 0,
    };

    /// <inheritdoc/>
    public KvmErrno TryEnable(KvmCapability capability, ulong argument = 0)
    {
        switch (capability)
        {
            case KvmCapability.ManualDirtyLogProtect:
                return _core.DirtyTracking.TrySetModes((DirtyLogModes)argument);
            case KvmCapability.DirtyLogRing or KvmCapability.DirtyLogRingAcqRel:
                return _core.DirtyTracking.TryEnableRings(argument);
            case KvmCapability.MaxVcpuId:
                return argument > uint.MaxValue ? KvmErrno.EINVAL : _core.Vcpus.TryLimitIds((uint)argument);
            case KvmCapability.ExitHypercall when (argument & ~ExitableHypercalls) == 0:
                Environment.ExitHypercalls = argument;
                return KvmErrno.None;
            case KvmCapability.X86TripleFaultEvent:
                Environment.ShowsTripleFaults = argument != 0;
                return KvmErrno.None;
            default:
                return KvmErrno.EINVAL;
        }
    }

    /// <inheritdoc/>
    public GuestMemoryFile CreateGuestMemory(ulong size, GuestMemoryFlags flags = GuestMemoryFlags.None)
    {
        ObjectDisposedException.ThrowIf(_core.IsDead, this);
        return _core.CreateGuestMemory(size, flags);
    }

    /// <inheritdoc/>
    IVcpu IMachine.CreateVcpu(VcpuId id) => CreateVcpu(id);

    /// <inheritdoc cref="IMachine.CreateVcpu"/>
    public SoftwareVcpu CreateVcpu(VcpuId id)
    {
        ObjectDisposedException.ThrowIf(_core.IsDead, this);
        lock (_vcpusLock)
        {
            // A CPU alone knows its own writes. Before there is another, those have to be announced.
            if (_vcpus.Length != 0)
                _core.WriteTracking.Protect();
            var vcpu = new SoftwareVcpu(this, _core.Vcpus.Create(id));
            // Complete before it is seen. Pairs with Vcpus.
            Volatile.Write(ref _vcpus, [.. _vcpus, vcpu]);
            return vcpu;
        }
    }

    /// <inheritdoc/>
    void IWriteTracker.Written(AddressSpaceId space, Gfn gfn)
    {
        foreach (SoftwareVcpu vcpu in Volatile.Read(ref _vcpus))
            vcpu.NoteForeignWrite(gfn);
    }

    /// <summary>Ends the machine. Runs under way return; when this returns, no vCPU can reach guest memory.</summary>
    public void Dispose() => _core.Dispose();
}
