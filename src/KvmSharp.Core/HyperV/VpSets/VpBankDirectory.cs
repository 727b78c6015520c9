using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV.VpSets;

/// <summary>
/// Keeps the vCPUs whose VP index is not their index, in banks as the sets have them, and nothing for the others. A
/// lookup takes constant time; a translation takes a few steps for each bank, and one for each such vCPU that is in the
/// set – or that is not, whichever are fewer.
/// </summary>
/// <remarks>
/// What is kept never changes: a change publishes a new map, and the collector keeps the old one for whoever looks at it. A
/// vCPU whose VP index changes meanwhile is found by the one before it or the one after it, never by neither.
/// </remarks>
/// <param name="machine">The machine whose vCPUs it finds.</param>
public sealed class VpBankDirectory(VirtualMachine machine) : VpDirectory(machine)
{
    // Null: every VP index is its vCPU's index. Replaced by Move, read with Volatile.Read.
    VpBankMap? _map;

    /// <summary>This way to keep them.</summary>
    public static VpDirectoryDesign Design { get; } = new("banks", machine => new VpBankDirectory(machine));

    internal VpBankMap? Map => Volatile.Read(ref _map);

    /// <inheritdoc/>
    public override bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        vcpu = null;
        if (vp.Value >= (uint)Limit)
            return false;
        var own = new VcpuIndex((int)vp.Value);
        // Pairs with Move: a map is seen whole.
        VpBankMap? map = Volatile.Read(ref _map);
        if ((map is null || !map.IsElsewhere(own)) && Machine.Vcpus.TryGet(own, out vcpu))
            return true;
        return map is not null && map.TryFind(vp, out VcpuIndex index) && Machine.Vcpus.TryGet(index, out vcpu);
    }

    /// <inheritdoc/>
    public override int Translate(in SparseVpSet set, VcpuMask vcpus)
    {
        // Pairs with Move: a map is seen whole.
        if (Volatile.Read(ref _map) is { } map)
            return map.Translate(set, vcpus);
        Copy(set, vcpus);
        return 0;
    }

    /// <inheritdoc/>
    protected internal override void Move(Vcpu vcpu, VpIndex from, VpIndex to)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        VpBankMap? moved = VpBankMap.Move(_map, VcpuMask.WordsFor(Limit), vcpu.Index, from, to);
        moved?.CheckInvariants();
        // Pairs with TryFind and Translate: the map is complete before anybody sees it.
        Volatile.Write(ref _map, moved);
    }
}
