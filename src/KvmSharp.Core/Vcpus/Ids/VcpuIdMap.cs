using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>vCPUs in an array, and where each id has its place in it: its home.</summary>
/// <remarks>
/// One writer at a time; readers need no lock. A map that is full is replaced by a greater one.
/// </remarks>
/// <param name="home">Where an id's home is.</param>
/// <param name="places">The array: read with <see cref="Volatile"/>, or behind something that was published later.</param>
abstract class VcpuIdMap(VcpuIdHome home, Vcpu?[] places)
{
    // A window is taken when at least one in so many of its places is used: then it is no greater than the hash table.
    const uint PlacesPerId = 4;

    internal VcpuIdHome Home => home;

    internal Vcpu?[] Places => places;

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
    internal virtual Vcpu? Find(uint id)
    {
        uint at = home.Of(id);
        return at < (uint)places.Length && Volatile.Read(ref places[at]) is { } vcpu && vcpu.Id.Value == id ? vcpu : null;
    }

    /// <summary>Adds a vCPU whose id is not in the map.</summary>
    /// <returns><see langword="false"/> when there is no room for it.</returns>
    internal abstract bool TryAdd(Vcpu vcpu);

    /// <summary>Forgets a vCPU that is in the map.</summary>
    internal abstract void Remove(Vcpu vcpu);
}
