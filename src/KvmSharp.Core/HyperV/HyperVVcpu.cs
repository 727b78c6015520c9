using System;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV;

/// <summary>A vCPU's part of the Hyper-V interface: its VP index, its hypercalls, and what others ask it to flush.</summary>
/// <remarks>For the vCPU's owner, except where a member says otherwise.</remarks>
public sealed partial class HyperVVcpu
{
    // Written under HyperVMachine._moving, read anywhere with Volatile.Read.
    uint _vpIndex;

    internal HyperVVcpu(Vcpu vcpu)
    {
        Vcpu = vcpu;
        _vpIndex = (uint)vcpu.Index.Value;
    }

    /// <summary>The vCPU.</summary>
    public Vcpu Vcpu { get; }

    /// <summary>The number by which the guest knows it. From any thread.</summary>
    public VpIndex VpIndex => new(Volatile.Read(ref _vpIndex));

    /// <summary>Whether the guest was shown the interface: CPUID has its signature (<see cref="HyperVCpuid"/>).</summary>
    public bool IsEnabled { get; set; }

    /// <summary>What the guest was told of.</summary>
    public HyperVFeatures Features { get; set; }

    /// <summary>
    /// Whether the guest is held to <see cref="Features"/> (<c>KVM_CAP_HYPERV_ENFORCE_CPUID</c>); otherwise it may use
    /// everything.
    /// </summary>
    public bool EnforcesFeatures { get; set; }

    /// <summary>What this vCPU's guest can be told of: <c>KVM_GET_SUPPORTED_HV_CPUID</c> of a vCPU.</summary>
    /// <param name="entries">Where the leaves go; <see cref="HyperVCpuid.LeafCount"/> places or more.</param>
    /// <param name="count">How many were written.</param>
    /// <returns><see cref="KvmErrno.E2BIG"/> when there is not room for all of them; nothing is written then.</returns>
    /// <remarks>
    /// It differs from the system's in the number of VPs, which is the machine's. IPI calls are among it as in KVM, though
    /// they are refused while the machine has no <see cref="HyperVMachine.Interrupts"/>.
    /// </remarks>
    public KvmErrno TryGetSupportedCpuid(Span<KvmCpuidEntry> entries, out int count) =>
        HyperVCpuid.TryGetSupported(entries, (uint)Vcpu.Machine.HyperV.VpLimit, out count);

    /// <summary>
    /// Sets <see cref="IsEnabled"/> and <see cref="Features"/> by what CPUID is to answer (<c>KVM_SET_CPUID2</c>).
    /// </summary>
    /// <param name="entries">All answers; those of other interfaces are passed over.</param>
    public void UseCpuid(ReadOnlySpan<KvmCpuidEntry> entries)
    {
        IsEnabled = HyperVCpuid.Shows(entries, out HyperVFeatures features);
        Features = features;
    }

    /// <summary>Changes the VP index, as the host may. From any thread.</summary>
    /// <returns>
    /// <see langword="false"/> when it is not below <see cref="HyperVMachine.VpLimit"/>, or the vCPU was removed.
    /// </returns>
    public bool TrySetVpIndex(VpIndex index) => Vcpu.Machine.HyperV.TryMove(this, index);

    /// <summary>Reads one of the registers in <see cref="HyperVMsr"/>.</summary>
    /// <param name="msr">Which.</param>
    /// <param name="value">What it holds.</param>
    /// <param name="isHost">Whether the host reads it (<c>KVM_GET_MSRS</c>) rather than the guest.</param>
    /// <returns><see langword="false"/> when there is no such register, or not for this guest: a general-protection fault.</returns>
    public bool TryReadMsr(uint msr, out ulong value, bool isHost = false)
    {
        (HyperVFeatures needed, value) = msr switch
        {
            HyperVMsr.GuestOsId => (HyperVFeatures.HypercallMsrs, Vcpu.Machine.HyperV.GuestOsId),
            HyperVMsr.Hypercall => (HyperVFeatures.HypercallMsrs, Vcpu.Machine.HyperV.HypercallRegister),
            HyperVMsr.VpIndex => (HyperVFeatures.VpIndexMsr, VpIndex.Value),
            _ => default,
        };
        if (needed != HyperVFeatures.None && (isHost || Reaches(needed)))
            return true;
        value = 0;
        return false;
    }

    /// <summary>
    /// Writes one of the registers in <see cref="HyperVMsr"/>. The hypercall page's puts code there, through
    /// <see cref="Vcpu.Memory"/>, as an instruction of this vCPU would.
    /// </summary>
    /// <param name="msr">Which.</param>
    /// <param name="value">What to write; a VP index is its low half.</param>
    /// <param name="isHost">Whether the host writes it (<c>KVM_SET_MSRS</c>) rather than the guest.</param>
    /// <returns><see langword="false"/> when it was refused: to a guest a general-protection fault.</returns>
    public bool TryWriteMsr(uint msr, ulong value, bool isHost = false)
    {
        switch (msr)
        {
            case HyperVMsr.GuestOsId when isHost || Reaches(HyperVFeatures.HypercallMsrs):
                Vcpu.Machine.HyperV.GuestOsId = value;
                return true;
            case HyperVMsr.Hypercall when isHost || Reaches(HyperVFeatures.HypercallMsrs):
                return TrySetHypercallPage(value);
            case HyperVMsr.VpIndex when isHost:
                return TrySetVpIndex(new VpIndex((uint)value));
            default:
                return false;
        }
    }

    bool TrySetHypercallPage(ulong value)
    {
        HyperVMachine machine = Vcpu.Machine.HyperV;
        if (machine.GuestOsId == 0)
            return true;
        bool enables = (value & HypercallPage.Enabled) != 0;
        if (enables && !Vcpu.Memory.TryWrite(HypercallPage.Start(value), HypercallPage.Code, out _))
            return false;
        machine.HypercallRegister = value;
        return true;
    }

    // A register of an interface that the guest was not shown is not there.
    bool Reaches(HyperVFeatures feature) => IsEnabled && Allows(feature);

    internal void SetVpIndex(VpIndex index) => Volatile.Write(ref _vpIndex, index.Value);

    /// <summary>Whether the guest may use a feature.</summary>
    internal bool Allows(HyperVFeatures feature) => !EnforcesFeatures || (Features & feature) == feature;
}
