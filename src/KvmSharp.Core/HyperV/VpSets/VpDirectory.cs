using System.Diagnostics.CodeAnalysis;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.VpSets;

/// <summary>The way from VP index to vCPU: the contract behind which the designs stand.</summary>
/// <remarks>
/// Lookups and translations come from any thread, take no lock and never wait. Changes come one at a time. A design that
/// looks at vCPUs one after the other may miss one whose VP index changes meanwhile, as KVM may.
/// <para>
/// vCPUs nobody has told the directory about have their own index as VP index, so creating a vCPU needs no call.
/// </para>
/// </remarks>
/// <param name="machine">The machine whose vCPUs it finds.</param>
public abstract class VpDirectory(VirtualMachine machine)
{
    /// <summary>The machine whose vCPUs it finds.</summary>
    protected VirtualMachine Machine { get; } = machine;

    /// <summary>VP indices lie below this; so do vCPU indices.</summary>
    public int Limit => Machine.Vcpus.MaxCount;

    /// <summary>Finds a vCPU by VP index: the one at that index if it has it, else the lowest index that has.</summary>
    /// <returns><see langword="false"/> when no vCPU has it.</returns>
    public abstract bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu);

    /// <summary>Translates a set of VP indices: all vCPUs that have one of them.</summary>
    /// <param name="set">The set; VP indices from <see cref="Limit"/> on are no vCPU's.</param>
    /// <param name="vcpus">
    /// What it becomes, of <see cref="VcpuMask.WordsFor"/> of <see cref="Limit"/> words. There may be members that are not
    /// online; they are to be passed over.
    /// </param>
    /// <returns>VP indices of vCPUs that were compared or looked up one by one: what the translation took.</returns>
    public abstract int Translate(in SparseVpSet set, VcpuMask vcpus);

    /// <summary>A vCPU's VP index has been changed. Called by one thread at a time.</summary>
    /// <param name="vcpu">The vCPU; <see cref="Vcpu.VpIndex"/> is the new one already.</param>
    /// <param name="from">What it was.</param>
    /// <param name="to">What it is, another one.</param>
    protected internal abstract void Move(Vcpu vcpu, VpIndex from, VpIndex to);

    /// <summary>Copies a set whose VP indices are vCPU indices: no vCPU's differ.</summary>
    protected static void Copy(in SparseVpSet set, VcpuMask vcpus) => set.ExpandTo(vcpus.Words);
}
