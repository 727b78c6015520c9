using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

/// <summary>A vCPU's local APIC: takes interrupts from any thread, and shows its owner the one that is due.</summary>
/// <remarks>
/// Registers are the owner's, as the vCPU is. A sender touches the requests alone – one atomic operation – and then asks the
/// vCPU to look (<see cref="EventRequest"/>): no lock is taken on the way of an interrupt. What a sender reads – the mode and
/// whether the APIC is enabled – may change while it does, as on hardware.
/// <para>
/// Split by role: registers (<c>Registers</c>), what comes in (<c>Acceptance</c>), what is due (<c>Priorities</c>), the base
/// register and x2APIC mode (<c>Base</c>), KVM's image (<c>State</c>).
/// </para>
/// </remarks>
public sealed partial class LocalApic
{
    const int RegisterCount = 64;

    readonly Vcpu _vcpu;
    readonly Irqchip _chip;
    readonly ApicTimer _timer;

    // By offset / 16; written by the owner, read by who looks for a target with Volatile.Read. What is a set or computed
    // is not among them.
    readonly uint[] _registers = new uint[RegisterCount];

    // Changed by anyone:
    readonly VectorSet _requested = new();
    readonly VectorSet _levelTriggered = new();

    // The owner's:
    readonly VectorSet _inService = new();

    internal LocalApic(Vcpu vcpu, Irqchip chip)
    {
        _vcpu = vcpu;
        _chip = chip;
        _timer = new ApicTimer(this, vcpu.Machine.Options.Clock);
        _base = DefaultBase | Enabled | (IsBoot ? BootProcessor : 0);
        Reset(isPowerOn: true);
    }

    /// <summary>What a vCPU is asked when it has to look at its APIC (<c>KVM_REQ_EVENT</c>). It wakes one that waits.</summary>
    public static VcpuRequest EventRequest { get; } = VcpuRequest.Architectural(8 + 6);

    /// <summary>Whether the vCPU is the one that starts by itself: that with id 0.</summary>
    public bool IsBoot => _vcpu.Id.Value == 0;

    internal Vcpu Vcpu => _vcpu;

    /// <summary>The APIC id by which messages find it.</summary>
    internal uint PhysicalId => IsX2 ? _vcpu.Id.Value : Read(Id) >> 24;

    /// <summary>Whether software has enabled it, besides the base register.</summary>
    internal bool IsSoftwareEnabled => (Read(SpuriousVector) & SoftwareEnabled) != 0;

    internal uint LogicalId => Read(LogicalDestination);

    internal bool IsFlat => Read(DestinationFormat) == FlatFormat;

    internal bool IsCluster => Read(DestinationFormat) == ClusterFormat;

    /// <summary>Whether an access to guest physical memory is one to its registers.</summary>
    public bool Covers(Gpa address) => (address.Value & ~(ulong)Page.OffsetMask) == (BaseRegister & AddressMask);

    /// <summary>Brings it to the state after INIT, or after power-on.</summary>
    internal void Reset(bool isPowerOn)
    {
        _timer.Stop();
        if (isPowerOn)
            Write(Id, _vcpu.Id.Value << 24);
        // Version 0x14; the last entry of the local vector table is the sixth.
        Write(ApicRegister.Version, 0x14 | ((uint)(LocalVectors.Length - 1) << 16));
        foreach (int vector in LocalVectors)
            Write(vector, Masked);
        // The boot processor takes the 8259s' interrupts from the start (KVM_X86_QUIRK_LINT0_REENABLED).
        if (IsBoot)
            Write(Lint0, (uint)DeliveryMode.External << 8);
        Write(DestinationFormat, FlatFormat);
        Write(SpuriousVector, 0xFF);
        Write(TaskPriority, 0);
        if (!IsX2)
            Write(LogicalDestination, 0);
        foreach (int register in (ReadOnlySpan<int>)
            [ErrorStatus, Command, CommandHigh, DivideConfiguration, InitialCount, ProcessorPriority])
        {
            Write(register, 0);
        }
        _requested.Clear();
        _inService.Clear();
        _levelTriggered.Clear();
        _timer.SetDivider(DividerOf(0));
        _chip.Apics.Invalidate();
    }

    /// <summary>Its vCPU can be found from now on.</summary>
    internal void Announce() => _chip.Apics.Invalidate();

    /// <summary>Its vCPU can no longer be found.</summary>
    internal void Leave()
    {
        Stop();
        _chip.Apics.Invalidate();
    }

    /// <summary>Stops its timer, when the machine ends.</summary>
    internal void Stop() => _timer.Stop();

    uint Read(int register) => Volatile.Read(ref _registers[register / Spacing]);

    void Write(int register, uint value) => Volatile.Write(ref _registers[register / Spacing], value);
}
