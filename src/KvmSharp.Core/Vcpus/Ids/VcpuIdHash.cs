using System.Collections.Generic;
using System.Numerics;
using System.Threading;

namespace KvmSharp.Vcpus.Ids;

/// <summary>Ids that lie far apart: a hash table with open addressing.</summary>
/// <remarks>An entry is one word, id and index together, so a reader sees all of it or nothing.</remarks>
sealed class VcpuIdHash : VcpuIdMap
{
    // Made a quarter full, replaced at half: most searches end where they begin.
    const int PlacesPerId = 4;

    // In place of an index that was removed: searches for ids behind it go on.
    const uint Removed = uint.MaxValue;

    // Entries: (id << 32) | (index + 1); zero is free.
    readonly ulong[] _entries;
    readonly int _shift;
    int _used;

    internal VcpuIdHash(int count)
    {
        uint length = BitOperations.RoundUpToPowerOf2((uint)count * PlacesPerId);
        _entries = new ulong[length];
        _shift = 32 - BitOperations.Log2(length);
    }

    internal override int Find(uint id)
    {
        ulong[] entries = _entries;
        for (int at = Home(id); ; at = (at + 1) & (entries.Length - 1))
        {
            // Pairs with TryAdd: an entry is seen whole.
            ulong entry = Volatile.Read(ref entries[at]);
            if (entry == 0)
                return -1;
            if (entry >> 32 == id)
                return (uint)entry == Removed ? -1 : (int)(uint)entry - 1;
        }
    }

    internal override bool TryAdd(uint id, int index)
    {
        int at = Home(id);
        while (_entries[at] != 0 && _entries[at] >> 32 != id)
            at = (at + 1) & (_entries.Length - 1);
        if (_entries[at] == 0)
        {
            if ((_used + 1) * 2 > _entries.Length)
                return false;
            _used++;
        }
        Volatile.Write(ref _entries[at], ((ulong)id << 32) | (uint)(index + 1));
        return true;
    }

    internal override void Remove(uint id)
    {
        int at = Home(id);
        while (_entries[at] >> 32 != id || _entries[at] == 0)
            at = (at + 1) & (_entries.Length - 1);
        Volatile.Write(ref _entries[at], ((ulong)id << 32) | Removed);
    }

    internal override void CopyTo(List<VcpuIdEntry> entries)
    {
        foreach (ulong entry in _entries)
        {
            if (entry != 0 && (uint)entry != Removed)
                entries.Add(new VcpuIdEntry((uint)(entry >> 32), (int)(uint)entry - 1));
        }
    }

    // Fibonacci hashing: ids differ in whole groups of low bits.
    int Home(uint id) => (int)((id * 0x9E3779B9u) >> _shift);
}
