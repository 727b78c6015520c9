using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Vcpus.Ids;

/// <summary>From ids to vCPUs, for some way in which ids are chosen.</summary>
/// <remarks>
/// One writer at a time; readers need no lock. A map that is full is replaced by a greater one. A place in a map that is not
/// the store's own array never goes from one id to another: what a reader finds there has the id that it looked for.
/// </remarks>
abstract class VcpuIdMap
{
    // A window is taken when at least one in so many of its places is used: then it takes less than a hash table.
    const uint PlacesPerId = 4;

    /// <summary>The map of some vCPUs, at least one, with room for more.</summary>
    internal static VcpuIdMap Of(List<Vcpu> vcpus)
    {
        uint length = vcpus.Max(vcpu => vcpu.Id.Value) + 1;
        VcpuIdMap map = length <= (uint)vcpus.Count * PlacesPerId
            ? new VcpuIdWindow(length)
            : new VcpuIdHash(vcpus.Count);
        foreach (Vcpu vcpu in vcpus)
            map.TryAdd(vcpu);
        return map;
    }

    /// <summary>The vCPU of an id, online or about to go.</summary>
    internal abstract Vcpu? Find(uint id);

    /// <summary>Adds a vCPU whose id is not in the map.</summary>
    /// <returns><see langword="false"/> when there is no room for it.</returns>
    internal abstract bool TryAdd(Vcpu vcpu);

    /// <summary>Forgets a vCPU that is in the map.</summary>
    internal abstract void Remove(Vcpu vcpu);
}
