using System;
using KvmSharp.HyperV;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Vcpus;

namespace KvmSharp;

/// <summary>What is chosen when a machine is created. The defaults are KVM's limits on x86-64.</summary>
public sealed record VirtualMachineOptions
{
    /// <summary>How slots are kept.</summary>
    public SlotStoreDesign SlotStore { get; init; } = SlotTrieStore.Design;

    /// <summary>How vCPUs are kept.</summary>
    public VcpuStoreDesign VcpuStore { get; init; } = CopiedArrayStore.Design;

    /// <summary>Address spaces: 2 with system-management mode, else 1.</summary>
    public int AddressSpaces { get; init; } = SlotLimits.AddressSpaces;

    /// <summary>Bits of a guest physical address, 32 … 52.</summary>
    public int GuestAddressBits { get; init; } = SlotLimits.GuestAddressBits;

    /// <summary>vCPUs at most (<c>KVM_MAX_VCPUS</c>), and no more than <see cref="VcpuStore"/> can keep.</summary>
    public int MaxVcpus { get; init; } = 1024;

    /// <summary>vCPU ids lie below this (<c>KVM_MAX_VCPU_IDS</c>).</summary>
    public int MaxVcpuIds { get; init; } = 4096;

    /// <summary>
    /// Whether vCPUs can be removed (<see cref="VcpuTable.TryRemove"/>). Off, as in KVM, where a vCPU stays until the machine
    /// ends.
    /// </summary>
    public bool AllowVcpuRemoval { get; init; }

    /// <summary>Who keeps the slots too, and must agree to every change; mostly nobody.</summary>
    public ISlotMirror? SlotMirror { get; init; }

    /// <summary>The Hyper-V interface.</summary>
    public HyperVOptions HyperV { get; init; } = new();

    /// <summary>The clock of the local APICs' timers; the host's monotonic one.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Clock);
        ArgumentNullException.ThrowIfNull(SlotStore);
        ArgumentNullException.ThrowIfNull(VcpuStore);
        ArgumentNullException.ThrowIfNull(HyperV);
        HyperV.Check();
        ArgumentOutOfRangeException.ThrowIfLessThan(AddressSpaces, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(AddressSpaces, SlotLimits.AddressSpaces);
        ArgumentOutOfRangeException.ThrowIfLessThan(GuestAddressBits, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(GuestAddressBits, SlotLimits.GuestAddressBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxVcpus, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxVcpuIds, MaxVcpus);
    }
}
