using System.Diagnostics.CodeAnalysis;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>
/// Keeps nothing. Each member of a set is looked for among all vCPUs, unless every VP index is its vCPU's index.
/// </summary>
/// <remarks>
/// The look at the vCPU of the same index cannot stand in for the search once a VP index differs: two vCPUs may have the
/// same, and a set means both.
/// </remarks>
/// <param name="machine">The machine whose vCPUs it finds.</param>
public sealed class IdentityScanDirectory(VirtualMachine machine) : VpDirectory(machine)
{
    /// <summary>This design.</summary>
    public static VpDirectoryDesign Design { get; } =
        new("identity-scan", machine => new IdentityScanDirectory(machine));

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
        vcpus.Words.Clear();
        int compared = 0;
        foreach (VpIndex vp in new VpMembers(set, Limit))
            compared += VpScan.AddHolders(Machine.Vcpus, vp, vcpus);
        return compared;
    }

    /// <inheritdoc/>
    protected internal override void Move(Vcpu vcpu, VpIndex from, VpIndex to)
    {
    }
}
