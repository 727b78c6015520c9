using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>An array with a place for every VP index there may be.</summary>
/// <remarks>
/// A VP index that several vCPUs have is searched for. A place is changed in the array itself, that of the new VP index
/// first, so that a vCPU is always found by one of the two.
/// </remarks>
public sealed class MaxArrayDirectory : VpDirectory
{
    const int Nobody = -1;
    const int Several = -2;

    // By VP index: the index of the vCPU that has it. Written by Move, read with Volatile.Read.
    readonly int[] _holders;

    /// <summary>Makes the array of a machine.</summary>
    /// <param name="machine">The machine whose vCPUs it finds.</param>
    public MaxArrayDirectory(VirtualMachine machine)
        : base(machine)
    {
        _holders = new int[Limit];
        for (int vp = 0; vp < _holders.Length; vp++)
            _holders[vp] = vp;
    }

    /// <summary>This design.</summary>
    public static VpDirectoryDesign Design { get; } = new("max-array", machine => new MaxArrayDirectory(machine));

    /// <inheritdoc/>
    public override bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        vcpu = null;
        if (vp.Value >= (uint)_holders.Length)
            return false;
        // Pairs with Move: the vCPU had its VP index before its place said so.
        int holder = Volatile.Read(ref _holders[vp.Value]);
        return holder == Several
            ? VpScan.TryFind(Machine.Vcpus, vp, out vcpu)
            : holder >= 0 && Machine.Vcpus.TryGet(new VcpuIndex(holder), out vcpu);
    }

    /// <inheritdoc/>
    public override int Translate(in SparseVpSet set, VcpuMask vcpus)
    {
        vcpus.Words.Clear();
        int looked = 0;
        foreach (VpIndex vp in new VpMembers(set, _holders.Length))
        {
            looked++;
            // Pairs with Move: as in TryFind.
            int holder = Volatile.Read(ref _holders[vp.Value]);
            if (holder >= 0)
                vcpus.Add(new VcpuIndex(holder));
            else if (holder == Several)
                looked += VpScan.AddHolders(Machine.Vcpus, vp, vcpus);
        }
        return looked;
    }

    /// <inheritdoc/>
    protected internal override void Move(Vcpu vcpu, VpIndex from, VpIndex to)
    {
        // Pairs with TryFind and Translate.
        Volatile.Write(ref _holders[to.Value], HolderOf(to));
        Volatile.Write(ref _holders[from.Value], HolderOf(from));
    }

    int HolderOf(VpIndex vp)
    {
        // A vCPU that is yet to come will have its own index.
        var home = new VcpuIndex((int)vp.Value);
        int holder = Machine.Vcpus.TryGet(home, out _) ? Nobody : home.Value;
        foreach (Vcpu vcpu in Machine.Vcpus)
        {
            if (vcpu.VpIndex != vp)
                continue;
            if (holder != Nobody)
                return Several;
            holder = vcpu.Index.Value;
        }
        return holder;
    }
}
