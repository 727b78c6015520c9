using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids in no row, and where they lead: one of two forms, by how close they lie.</summary>
/// <remarks>One writer at a time; readers need no lock. A map that is full is replaced by a greater one.</remarks>
abstract class VcpuIdMap
{
    // A window is taken when at least one in so many of its places is used: then it is smaller than the hash table too.
    const uint PlacesPerId = 8;

    /// <summary>The map of some ids, with room for more.</summary>
    internal static VcpuIdMap Of(List<VcpuIdEntry> entries)
    {
        uint length = entries.Max(entry => entry.Id) + 1;
        VcpuIdMap map = length <= (uint)entries.Count * PlacesPerId
            ? new VcpuIdWindow(length)
            : new VcpuIdHash(entries.Count);
        foreach (VcpuIdEntry entry in entries)
            map.TryAdd(entry.Id, entry.Index);
        return map;
    }

    /// <summary>The index of an id; −1 when there is none.</summary>
    internal abstract int Find(uint id);

    /// <summary>Adds an id that is not in the map.</summary>
    /// <returns><see langword="false"/> when there is no room for it.</returns>
    internal abstract bool TryAdd(uint id, int index);

    internal abstract void Remove(uint id);

    internal abstract void CopyTo(List<VcpuIdEntry> entries);
}
