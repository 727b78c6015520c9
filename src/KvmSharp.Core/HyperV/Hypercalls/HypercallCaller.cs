using System;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Reclaim;
using KvmSharp.Vcpus;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.HyperV.Hypercalls;

/// <summary>Makes the hypercalls of one vCPU: the checks that all calls share, in KVM's order, and the way to each.</summary>
/// <remarks>For the vCPU's owner.</remarks>
/// <param name="hyperV">The vCPU.</param>
sealed partial class HypercallCaller(HyperVVcpu hyperV)
{
    // What a set becomes; made when a call first needs it.
    ulong[] _targets = [];

    Vcpu Vcpu => hyperV.Vcpu;

    HyperVMachine Machine => Vcpu.Machine.HyperV;

    /// <summary>Makes a call; see <see cref="HyperVVcpu.Hypercall"/>.</summary>
    internal HypercallOutcome Call(in HypercallRegisters registers, out HypercallResult result)
    {
        // Another vCPU may be waiting for this one in a flush of its own.
        if (Vcpu.HasEntered)
            throw new InvalidOperationException("a hypercall is made outside guest mode, or two that flush each other would not end");
        ReadSections.ThrowIfInside();

        result = default;
        if (!hyperV.IsEnabled || Machine.GuestOsId == 0)
            return HypercallOutcome.NotEnabled;
        if (!registers.IsPrivileged)
            return HypercallOutcome.UndefinedInstruction;

        HypercallInput input = registers.Input;
        if (!hyperV.Allows(FeaturesOf(input.Code)))
        {
            result = new HypercallResult(HypercallStatus.AccessDenied);
            return HypercallOutcome.Completed;
        }
        if (input.HasReservedBits)
        {
            result = new HypercallResult(HypercallStatus.InvalidHypercallInput);
            return HypercallOutcome.Completed;
        }
        if (input.IsFast && TakesXmm(input.Code) && !hyperV.Allows(HyperVFeatures.XmmInput))
            return HypercallOutcome.UndefinedInstruction;

        result = Dispatch(input, new HypercallBlock(Vcpu.Memory, registers));
        return HypercallOutcome.Completed;
    }

    HypercallResult Dispatch(HypercallInput input, in HypercallBlock block)
    {
        bool isList = input.Code is FlushVirtualAddressList or FlushVirtualAddressListEx;
        switch (input.Code)
        {
            case FlushVirtualAddressSpace or FlushVirtualAddressList or SendSyntheticClusterIpi
                when input.VariableHeaderWords != 0:
                return new HypercallResult(HypercallStatus.InvalidHypercallInput);
            case FlushVirtualAddressSpace or FlushVirtualAddressList
                or FlushVirtualAddressSpaceEx or FlushVirtualAddressListEx:
                return HasReps(input, isList) ? Flush(input, block, isList) : new(HypercallStatus.InvalidHypercallInput);
            case SendSyntheticClusterIpi or SendSyntheticClusterIpiEx:
                return HasReps(input, isList) ? SendIpi(input, block) : new(HypercallStatus.InvalidHypercallInput);
            default:
                return new HypercallResult(HypercallStatus.InvalidHypercallCode);
        }
    }

    // A call with a list begins at its first element; one without has neither elements nor a beginning.
    static bool HasReps(HypercallInput input, bool isList) => input.RepStart == 0 && input.RepCount != 0 == isList;

    static bool TakesXmm(HypercallCode code) => code is
        FlushVirtualAddressSpace or FlushVirtualAddressList
        or FlushVirtualAddressSpaceEx or FlushVirtualAddressListEx or SendSyntheticClusterIpiEx;

    static HyperVFeatures FeaturesOf(HypercallCode code) => code switch
    {
        FlushVirtualAddressSpace or FlushVirtualAddressList => HyperVFeatures.RemoteTlbFlush,
        FlushVirtualAddressSpaceEx or FlushVirtualAddressListEx =>
            HyperVFeatures.RemoteTlbFlush | HyperVFeatures.ExProcessorMasks,
        SendSyntheticClusterIpi => HyperVFeatures.ClusterIpi,
        SendSyntheticClusterIpiEx => HyperVFeatures.ClusterIpi | HyperVFeatures.ExProcessorMasks,
        _ => HyperVFeatures.None,
    };

    /// <summary>Banks that can have members in this machine.</summary>
    int BankCount => Math.Min(VpBank.MaxCount, VcpuMask.WordsFor(Machine.VpLimit));

    /// <summary>All vCPUs that are online.</summary>
    VcpuMask Everyone()
    {
        VcpuMask targets = Targets();
        targets.Words.Clear();
        foreach (Vcpu target in Vcpu.Machine.Vcpus)
            targets.Add(target.Index);
        return targets;
    }

    /// <summary>The vCPUs of a set.</summary>
    VcpuMask Translate(in SparseVpSet set)
    {
        VcpuMask targets = Targets();
        Machine.Translate(set, targets);
        return targets;
    }

    VcpuMask Targets()
    {
        if (_targets.Length == 0)
            _targets = new ulong[VcpuMask.WordsFor(Machine.VpLimit)];
        return new VcpuMask(_targets);
    }
}
