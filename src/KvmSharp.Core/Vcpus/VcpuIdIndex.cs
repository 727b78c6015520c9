using System.Threading;

namespace KvmSharp.Vcpus;

/// <summary>From vCPU id to index in constant time, however sparse the ids are: a hash table with open addressing.</summary>
/// <remarks>
/// One writer at a time adds; readers need no lock. An entry is one word, id and index together, so a reader sees all of
/// it or nothing; a table that has grown is published whole.
/// </remarks>
sealed class VcpuIdIndex
{
    const int InitialCapacity = 4;

    // Entries: (id << 32) | (index + 1); zero is free. Replaced when it grows; read with Volatile.Read.
    ulong[] _entries = new ulong[InitialCapacity];
    int _count;

    internal bool TryFind(VcpuId id, out VcpuIndex index)
    {
        ulong[] entries = Volatile.Read(ref _entries);
        for (int at = Home(id.Value, entries.Length); ; at = (at + 1) & (entries.Length - 1))
        {
            // Pairs with Add: an entry is seen whole.
            ulong entry = Volatile.Read(ref entries[at]);
            if (entry == 0)
            {
                index = default;
                return false;
            }
            if (entry >> 32 == id.Value)
            {
                index = new VcpuIndex((int)(uint)entry - 1);
                return true;
            }
        }
    }

    /// <summary>Adds an id that is not in the table.</summary>
    internal void Add(VcpuId id, VcpuIndex index)
    {
        // Never more than half full, so that a search always ends.
        if (++_count * 2 > _entries.Length)
        {
            ulong[] grown = new ulong[_entries.Length * 2];
            foreach (ulong entry in _entries)
            {
                if (entry != 0)
                    Store(grown, (uint)(entry >> 32), entry);
            }
            Volatile.Write(ref _entries, grown);
        }
        Store(_entries, id.Value, ((ulong)id.Value << 32) | (uint)(index.Value + 1));
    }

    static void Store(ulong[] entries, uint id, ulong entry)
    {
        int at = Home(id, entries.Length);
        while (entries[at] != 0)
            at = (at + 1) & (entries.Length - 1);
        Volatile.Write(ref entries[at], entry);
    }

    // Fibonacci hashing: APIC ids differ in whole groups of low bits.
    static int Home(uint id, int length) => (int)((id * 0x9E3779B9u) >> 7) & (length - 1);
}
