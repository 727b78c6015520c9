using System;
using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie close together, as APIC ids do: an array of indices, a place for each id of a range.</summary>
sealed class VcpuIdWindow(uint first, int length) : VcpuIdMap
{
    // Room on either side, as a part of the range in use.
    const int SlackShift = 3;

    // Index + 1; 0 where no vCPU has the id.
    readonly int[] _places = new int[length];

    /// <summary>A window over a range of ids, and some on either side.</summary>
    internal static VcpuIdWindow Around(uint least, uint length)
    {
        uint slack = length >> SlackShift;
        uint below = Math.Min(slack, least);
        return new VcpuIdWindow(least - below, (int)(below + length + slack));
    }

    internal override int Find(uint id)
    {
        int[] places = _places;
        uint at = unchecked(id - first);
        return at < (uint)places.Length ? Volatile.Read(ref places[at]) - 1 : -1;
    }

    internal override bool TryAdd(uint id, int index)
    {
        uint at = unchecked(id - first);
        if (at >= (uint)_places.Length)
            return false;
        Volatile.Write(ref _places[at], index + 1);
        return true;
    }

    internal override void Remove(uint id) => Volatile.Write(ref _places[id - first], 0);

    internal override void CopyTo(List<VcpuIdEntry> entries)
    {
        for (int at = 0; at < _places.Length; at++)
        {
            if (_places[at] != 0)
                entries.Add(new VcpuIdEntry(first + (uint)at, _places[at] - 1));
        }
    }
}
