using System;
using System.Diagnostics.CodeAnalysis;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>
/// Keeps nothing. Each vCPU is looked for in the set, unless every VP index is its vCPU's index: what KVM does.
/// </summary>
/// <param name="machine">The machine whose vCPUs it finds.</param>
public sealed class WalkAllDirectory(VirtualMachine machine) : VpDirectory(machine)
{
    const int BankShift = 6;

    /// <summary>This design.</summary>
    public static VpDirectoryDesign Design { get; } = new("walk-all", machine => new WalkAllDirectory(machine));

    /// <inheritdoc/>
    public override bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu) =>
        VpScan.TryFind(Machine.Vcpus, vp, out vcpu);

    /// <inheritdoc/>
    public override int Translate(in SparseVpSet set, VcpuMask vcpus)
    {
        if (Machine.HyperV.MismatchedVpIndices == 0)
        {
            Copy(set, vcpus);
            return 0;
        }
        Span<ulong> wanted = stackalloc ulong[SparseVpSet.Capacity >> BankShift];
        set.ExpandTo(wanted);
        vcpus.Words.Clear();
        int compared = 0;
        foreach (Vcpu vcpu in Machine.Vcpus)
        {
            compared++;
            VpIndex vp = vcpu.VpIndex;
            if (vp.Bank < wanted.Length && (wanted[vp.Bank] & vp.Bit) != 0)
                vcpus.Add(vcpu.Index);
        }
        return compared;
    }

    /// <inheritdoc/>
    protected internal override void Move(Vcpu vcpu, VpIndex from, VpIndex to)
    {
    }
}
