using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>From vCPU id to vCPU, in constant time however the ids were chosen.</summary>
/// <remarks>
/// <para>
/// Mostly ids go up by one from the first vCPU on: that row is the store's own array, and takes nothing more. Other ids have
/// a map beside it; when they outnumber the row, it is given up, and one map holds all. Where vCPUs may be removed there is
/// no row: an index goes to another id then, and a reader would find another's vCPU.
/// </para>
/// <para>A field of the table, not an object. One writer at a time; readers need no lock.</para>
/// </remarks>
struct VcpuIdIndex
{
    // The map where a lookup begins: the row, or that of all. Read with Volatile.Read.
    VcpuIdMap _lead;

    // The ids in no row, while there is one. Read with Volatile.Read, before _lead.
    VcpuIdMap? _apart;

    /// <param name="removable">Whether vCPUs may be removed.</param>
    internal VcpuIdIndex(bool removable) => _lead = removable ? VcpuIdWindow.Empty : VcpuIdRow.Empty;

    /// <summary>The maps that it consists of.</summary>
    internal readonly IEnumerable<VcpuIdMap> Maps =>
        new[] { _lead, _apart }.OfType<VcpuIdMap>().Where(map => map != VcpuIdRow.Empty && map != VcpuIdWindow.Empty);

    /// <summary>Where a lookup begins: nearly all vCPUs are in this map.</summary>
    internal readonly VcpuIdMap Lead => _lead;

    /// <summary>The vCPU of an id, online or about to go: the table decides.</summary>
    internal Vcpu? Find(VcpuId id)
    {
        // Pairs with Replace: who finds no map beside the row any more finds the map of all.
        VcpuIdMap? apart = Volatile.Read(ref _apart);
        return Volatile.Read(ref _lead).Find(id.Value) ?? apart?.Find(id.Value);
    }

    /// <summary>Adds a vCPU with an id that nobody has.</summary>
    /// <param name="vcpu">The vCPU; it can be found by its index.</param>
    /// <param name="entries">The store's array.</param>
    internal void Add(Vcpu vcpu, Vcpu?[] entries)
    {
        VcpuIdMap? map = _lead;
        if (map is VcpuIdRow row)
        {
            row = ReferenceEquals(row, VcpuIdRow.Empty) ? new VcpuIdRow(vcpu.Id.Value, entries) : row.In(entries);
            Volatile.Write(ref _lead, row);
            if (row.Holds(vcpu))
                return;
            map = _apart;
        }
        if (map is null || !map.TryAdd(vcpu))
            Replace([.. entries.OfType<Vcpu>()]);
    }

    /// <summary>Forgets a vCPU, in an index where that is allowed.</summary>
    internal readonly void Remove(Vcpu vcpu) => _lead.Remove(vcpu);

    void Replace(List<Vcpu> all)
    {
        if (_lead is VcpuIdRow row)
        {
            List<Vcpu> apart = [.. all.Where(vcpu => !row.Holds(vcpu))];
            if (apart.Count <= all.Count / 2)
            {
                Volatile.Write(ref _apart, VcpuIdMap.Of(apart));
                return;
            }
        }
        // Pairs with Find: a map is published complete, and the one of all before the other goes.
        Volatile.Write(ref _lead, VcpuIdMap.Of(all));
        Volatile.Write(ref _apart, null);
    }
}
