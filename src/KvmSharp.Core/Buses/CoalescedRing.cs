using System.Threading;

namespace KvmSharp.Buses;

/// <summary>
/// The writes to coalesced zones that wait for the user, oldest first. It has the room of KVM's, which is a page: a write
/// that finds none leaves the guest like any other.
/// </summary>
/// <remarks>
/// vCPUs add, one at a time; one thread at a time takes. Fill, then advance: an entry is written before <c>_last</c> says so,
/// and read before <c>_first</c> gives it back.
/// </remarks>
public sealed class CoalescedRing
{
    // Bytes of an entry, and of the two indices before the first, in KVM's layout.
    const int EntryBytes = 24;
    const int HeadBytes = 8;

    readonly Lock _adding = new();

    // Made before the first zone is published; most machines have none.
    CoalescedWrite[] _entries = [];

    // Written under _adding, read by who takes with Volatile.Read.
    int _last;

    // Written by who takes, read under _adding with Volatile.Read.
    int _first;

    internal CoalescedRing()
    {
    }

    /// <summary>Entries of the ring; one of them always stays empty.</summary>
    public static int Capacity => (Addresses.Page.Size - HeadBytes) / EntryBytes;

    /// <summary>Writes that wait.</summary>
    public int Count => (Volatile.Read(ref _last) - Volatile.Read(ref _first) + Capacity) % Capacity;

    /// <summary>Takes the oldest write.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out CoalescedWrite write)
    {
        int first = _first;
        // Pairs with TryAdd: who sees the advance sees the entry.
        if (first == Volatile.Read(ref _last))
        {
            write = default;
            return false;
        }
        write = _entries[first];
        // Pairs with TryAdd: the entry was read before it may be filled again.
        Volatile.Write(ref _first, (first + 1) % Capacity);
        return true;
    }

    /// <summary>Makes the entries, if that was not done before. One thread at a time, before a zone is published.</summary>
    internal void Prepare()
    {
        if (_entries.Length == 0)
            _entries = new CoalescedWrite[Capacity];
    }

    /// <summary>Adds a write, if there is room.</summary>
    internal bool TryAdd(in CoalescedWrite write)
    {
        lock (_adding)
        {
            int next = (_last + 1) % Capacity;
            // Pairs with TryTake.
            if (next == Volatile.Read(ref _first))
                return false;
            _entries[_last] = write;
            // Pairs with TryTake and Count.
            Volatile.Write(ref _last, next);
            return true;
        }
    }
}
