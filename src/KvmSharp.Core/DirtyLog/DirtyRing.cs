using System;
using System.Numerics;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.DirtyLog;

/// <summary>
/// The pages that one vCPU has dirtied, in order, as KVM's dirty ring keeps them: the vCPU pushes, one thread at a time
/// harvests, and a reset of all rings gives harvested entries back and makes the next write to their pages fault again.
/// </summary>
/// <remarks>
/// <code>
///   vCPU                       harvester                       reset
///   slot, offset               flags == Dirty? (acquire)       flags has Reset? (acquire)
///   flags = Dirty (release)    read slot, offset               read slot, offset
///   dirty index + 1            flags = Reset (release)         flags = None (release), reset index + 1
/// </code>
/// Entries are harvested in order and without gaps; a reset stops at the first that was not. Read pages after the reset,
/// not before: a write between harvest and reset goes unrecorded, and is there by then. The last page before a full ring
/// may not hold the new data yet; it is pushed before the store.
/// </remarks>
public sealed class DirtyRing
{
    /// <summary>Entries that are kept free for what a vCPU dirties on its way out.</summary>
    public const int Reserved = 64;

    /// <summary>Bytes of an entry in KVM's layout, in which sizes of rings are given.</summary>
    public const int EntryBytes = 16;

    readonly uint[] _flags;
    readonly uint[] _slots;
    readonly ulong[] _offsets;
    readonly uint _mask;

    // Free-running. The vCPU's owner writes the first, a reset under the slots lock the second; each reads the other's
    // with Volatile.Read.
    uint _dirtyIndex;
    uint _resetIndex;

    // The harvester's.
    uint _harvestIndex;

    internal DirtyRing(int entries)
    {
        _flags = new uint[entries];
        _slots = new uint[entries];
        _offsets = new ulong[entries];
        _mask = (uint)entries - 1;
    }

    /// <summary>Entries in the ring: a power of two.</summary>
    public int Capacity => _flags.Length;

    /// <summary>Entries that were pushed and not yet reset.</summary>
    public int Used => (int)(Volatile.Read(ref _dirtyIndex) - Volatile.Read(ref _resetIndex));

    /// <summary>Whether the vCPU is not let into the guest until entries are reset.</summary>
    public bool IsSoftFull => Used >= Capacity - Reserved;

    internal bool IsFull => Used >= Capacity;

    /// <summary>An entry by its place, as another process would see it in the mapped ring.</summary>
    /// <param name="index">0 … <see cref="Capacity"/> − 1.</param>
    public DirtyRingEntry this[int index]
    {
        get
        {
            // Pairs with Push(): who sees Dirty sees the page.
            var flags = (DirtyRingFlags)Volatile.Read(ref _flags[index]);
            return new DirtyRingEntry(flags, _slots[index], _offsets[index]);
        }
    }

    /// <summary>Takes the next page out of the ring; its entry is free after the next reset.</summary>
    /// <param name="entry">The page.</param>
    /// <returns><see langword="false"/> when nothing waits.</returns>
    /// <remarks>For one thread at a time.</remarks>
    public bool TryHarvest(out DirtyRingEntry entry)
    {
        int index = (int)(_harvestIndex & _mask);
        entry = this[index];
        if (entry.Flags != DirtyRingFlags.Dirty)
            return false;
        SetHarvested(index);
        _harvestIndex++;
        return true;
    }

    /// <summary>Says that the entry at a place was harvested, for who reads the ring by place.</summary>
    /// <param name="index">0 … <see cref="Capacity"/> − 1.</param>
    public void SetHarvested(int index) =>
        // The page was read before. Pairs with TryReset(): the entry is pushed again only after that.
        Volatile.Write(ref _flags[index], (uint)DirtyRingFlags.Reset);

    /// <summary>Adds a page. For the vCPU's owner; the ring is not full.</summary>
    internal void Push(uint slot, ulong offset)
    {
        uint index = _dirtyIndex & _mask;
        _slots[index] = slot;
        _offsets[index] = offset;
        // Fill, then flag. In the gap nobody looks at the entry. Pairs with the indexer.
        Volatile.Write(ref _flags[index], (uint)DirtyRingFlags.Dirty);
        Volatile.Write(ref _dirtyIndex, _dirtyIndex + 1);
    }

    /// <summary>Frees the oldest entry if it was harvested. Under the slots lock.</summary>
    internal bool TryReset(out DirtyRingEntry entry)
    {
        int index = (int)(_resetIndex & _mask);
        entry = this[index];
        if ((entry.Flags & DirtyRingFlags.Reset) == 0)
            return false;
        Volatile.Write(ref _flags[index], (uint)DirtyRingFlags.None);
        // The entry is free before it is counted so. Pairs with Used, which the owner reads before it pushes.
        Volatile.Write(ref _resetIndex, _resetIndex + 1);
        return true;
    }

    /// <summary>Checks the size of a ring as <c>KVM_CAP_DIRTY_LOG_RING</c> does.</summary>
    /// <param name="bytes">Bytes of a ring.</param>
    internal static KvmErrno CheckSize(ulong bytes)
    {
        const ulong Least = Page.Size;
        const ulong Most = 65536 * EntryBytes;
        if (bytes == 0 || !BitOperations.IsPow2(bytes))
            return KvmErrno.EINVAL;
        if (bytes < Math.Max(Least, Reserved * EntryBytes))
            return KvmErrno.EINVAL;
        return bytes > Most ? KvmErrno.E2BIG : KvmErrno.None;
    }
}
