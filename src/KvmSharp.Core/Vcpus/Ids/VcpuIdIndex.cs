using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>From vCPU id to index, in constant time however the ids were chosen.</summary>
/// <remarks>
/// <para>
/// Mostly ids go up by one from the first vCPU on. That row takes two numbers. Other ids are in a <see cref="VcpuIdMap"/>.
/// </para>
/// <para>
/// One writer at a time; readers need no lock. Once a vCPU was removed, an answer may be out of date, or of a row whose
/// index now belongs to another vCPU: the reader compares the id of the vCPU it finds, and tries <see cref="TryFindApart"/>
/// after <see cref="TryFindInRow"/>.
/// </para>
/// </remarks>
sealed class VcpuIdIndex
{
    // The vCPUs with an index below _row have the ids _first, _first + 1, … . Written before _row becomes positive.
    uint _first;

    // Read with Volatile.Read, before _first.
    int _row;

    // Replaced when it is full; read with Volatile.Read.
    VcpuIdMap _apart = VcpuIdMap.Empty;

    internal bool TryFindInRow(VcpuId id, out VcpuIndex index)
    {
        // Pairs with Add: who sees the row sees where it begins.
        uint row = (uint)Volatile.Read(ref _row);
        uint at = unchecked(id.Value - _first);
        index = new VcpuIndex((int)at);
        return at < row;
    }

    internal bool TryFindApart(VcpuId id, out VcpuIndex index)
    {
        VcpuIdMap map = Volatile.Read(ref _apart);
        int found = map is VcpuIdWindow window ? window.Find(id.Value) : map.Find(id.Value);
        index = new VcpuIndex(found);
        return found >= 0;
    }

    /// <summary>Adds an id that no vCPU has.</summary>
    internal void Add(VcpuId id, VcpuIndex index)
    {
        if (index.Value == 0 && _row == 0)
            _first = id.Value;
        if (IsInRow(id, index, _row + 1))
        {
            // A vCPU that comes back to its old place in the row is there already.
            if (index.Value == _row)
                Volatile.Write(ref _row, _row + 1);
            return;
        }
        if (_apart.TryAdd(id.Value, index.Value))
            return;
        var entries = new List<VcpuIdEntry>();
        _apart.CopyTo(entries);
        entries.Add(new VcpuIdEntry(id.Value, index.Value));
        // Pairs with TryFindApart: a map is published complete.
        Volatile.Write(ref _apart, VcpuIdMap.Of(entries));
    }

    internal void Remove(VcpuId id, VcpuIndex index)
    {
        if (!IsInRow(id, index, _row))
            _apart.Remove(id.Value);
    }

    bool IsInRow(VcpuId id, VcpuIndex index, int row) =>
        index.Value < row && unchecked(id.Value - _first) == (uint)index.Value;
}
