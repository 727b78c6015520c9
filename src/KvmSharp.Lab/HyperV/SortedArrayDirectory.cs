using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>A sorted array of the vCPUs whose VP index is not their index, replaced whole by each change.</summary>
/// <param name="machine">The machine whose vCPUs it finds.</param>
public sealed class SortedArrayDirectory(VirtualMachine machine) : VpDirectory(machine)
{
    // (VP index << 32) | index. Replaced by Move, read with Volatile.Read; the collector is the grace period.
    ulong[] _pairs = [];

    /// <summary>This design.</summary>
    public static VpDirectoryDesign Design { get; } = new("sorted-array", machine => new SortedArrayDirectory(machine));

    /// <inheritdoc/>
    public override bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if (vp.Value < (uint)Limit && VpScan.IsAtHome(Machine.Vcpus, vp, out vcpu))
            return true;
        // Pairs with Move: an array is seen whole.
        ulong[] pairs = Volatile.Read(ref _pairs);
        int at = PositionOf(pairs, vp, out _);
        if (at < pairs.Length && pairs[at] >> 32 == vp.Value)
            return Machine.Vcpus.TryGet(new VcpuIndex((int)(uint)pairs[at]), out vcpu);
        vcpu = null;
        return false;
    }

    /// <inheritdoc/>
    public override int Translate(in SparseVpSet set, VcpuMask vcpus)
    {
        // Pairs with Move: an array is seen whole.
        ulong[] pairs = Volatile.Read(ref _pairs);
        if (pairs.Length == 0)
        {
            Copy(set, vcpus);
            return 0;
        }
        vcpus.Words.Clear();
        int compared = 0;
        foreach (VpIndex vp in new VpMembers(set, Limit))
        {
            compared++;
            if (VpScan.IsAtHome(Machine.Vcpus, vp, out Vcpu? own))
                vcpus.Add(own.Index);
            int at = PositionOf(pairs, vp, out int steps);
            compared += steps;
            for (; at < pairs.Length && pairs[at] >> 32 == vp.Value; at++)
                vcpus.Add(new VcpuIndex((int)(uint)pairs[at]));
        }
        return compared;
    }

    /// <inheritdoc/>
    protected internal override void Move(Vcpu vcpu, VpIndex from, VpIndex to)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        uint index = (uint)vcpu.Index.Value;
        ulong[] pairs = Array.FindAll(_pairs, pair => (uint)pair != index);
        if (to.Value != index)
        {
            pairs = [.. pairs, ((ulong)to.Value << 32) | index];
            Array.Sort(pairs);
        }
        // Pairs with TryFind and Translate.
        Volatile.Write(ref _pairs, pairs);
    }

    /// <summary>The position of the first pair of a VP index, or where it would be.</summary>
    static int PositionOf(ulong[] pairs, VpIndex vp, out int steps)
    {
        ulong key = (ulong)vp.Value << 32;
        int low = 0, high = pairs.Length;
        for (steps = 0; low < high; steps++)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (pairs[middle] < key)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
