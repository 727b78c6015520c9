using System;
using System.Diagnostics.CodeAnalysis;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>Finding a vCPU by VP index with nothing to help: what the designs on record have in common.</summary>
static class VpScan
{
    /// <summary>The vCPU at that index if it has the VP index, else the first of all that has (KVM's <c>get_vcpu_by_vpidx</c>).</summary>
    internal static bool TryFind(VcpuTable vcpus, VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if (IsAtHome(vcpus, vp, out vcpu))
            return true;
        foreach (Vcpu candidate in vcpus)
        {
            if (candidate.VpIndex == vp)
            {
                vcpu = candidate;
                return true;
            }
        }
        vcpu = null;
        return false;
    }

    /// <summary>Whether the vCPU at the index that equals a VP index has it.</summary>
    internal static bool IsAtHome(VcpuTable vcpus, VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu) =>
        vcpus.TryGet(new VcpuIndex((int)Math.Min(vp.Value, int.MaxValue)), out vcpu) && vcpu.VpIndex == vp;

    /// <summary>Adds all vCPUs that have a VP index.</summary>
    /// <returns>VP indices compared.</returns>
    internal static int AddHolders(VcpuTable vcpus, VpIndex vp, VcpuMask mask)
    {
        int compared = 0;
        foreach (Vcpu candidate in vcpus)
        {
            compared++;
            if (candidate.VpIndex == vp)
                mask.Add(candidate.Index);
        }
        return compared;
    }
}
