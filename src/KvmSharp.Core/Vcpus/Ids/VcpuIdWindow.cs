using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie close together, as APIC ids do: an array of indices, a place for each id up to the greatest.</summary>
/// <param name="length">One more than the greatest id; some room is added.</param>
sealed class VcpuIdWindow(uint length) : VcpuIdMap
{
    // Room for greater ids, as a part of the length.
    const int SlackShift = 4;

    /// <summary>
    /// Index + 1 for each id; 0 where no vCPU has it. Written with <see cref="Volatile"/>, read so or behind something that
    /// was published later.
    /// </summary>
    internal uint[] Places { get; } = new uint[length + (length >> SlackShift)];

    internal override int Find(uint id) => id < (uint)Places.Length ? (int)Volatile.Read(ref Places[id]) - 1 : -1;

    internal override bool TryAdd(uint id, int index)
    {
        if (id >= (uint)Places.Length)
            return false;
        Volatile.Write(ref Places[id], (uint)index + 1);
        return true;
    }

    internal override void Remove(uint id) => Volatile.Write(ref Places[id], 0);

    internal override void CopyTo(List<VcpuIdEntry> entries)
    {
        for (uint id = 0; id < Places.Length; id++)
        {
            if (Places[id] != 0)
                entries.Add(new VcpuIdEntry(id, (int)Places[id] - 1));
        }
    }
}
