using System;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Buses;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Raw;

/// <summary>The ring into which the kernel puts writes to coalesced zones. A machine has one, seen through each vCPU.</summary>
/// <remarks>
/// The kernel is the one producer; one thread at a time may take. Whoever has this sees to it that the memory stays mapped.
/// </remarks>
[SupportedOSPlatform("linux")]
readonly unsafe ref struct MappedCoalescedRing
{
    readonly kvm_coalesced_mmio_ring* _ring;

    /// <param name="start">A whole page of the vCPU's memory.</param>
    // SAFETY: a page holds the head and Capacity entries.
    internal MappedCoalescedRing(byte* start) => _ring = (kvm_coalesced_mmio_ring*)start;

    /// <summary>Entries of the ring; one of them always stays empty.</summary>
    internal static int Capacity => (Page.Size - sizeof(kvm_coalesced_mmio_ring)) / sizeof(kvm_coalesced_mmio);

    /// <summary>Writes that are waiting.</summary>
    // Pairs with the kernel's write barrier between an entry and the advance of `last`.
    internal int Count => ((int)(Volatile.Read(ref _ring->last) % (uint)Capacity) - First + Capacity) % Capacity;

    int First => (int)(_ring->first % (uint)Capacity);

    /// <summary>Takes the oldest write.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool TryTake(out CoalescedWrite write)
    {
        write = default;
        if (Count == 0)
            return false;
        int first = First;
        // SAFETY: the index lies below the capacity, and so the entry in the ring's page.
        kvm_coalesced_mmio entry = ((kvm_coalesced_mmio*)(_ring + 1))[first];
        // What an earlier write has left above the bytes of this one is still there.
        int length = (int)Math.Min(entry.len, sizeof(ulong));
        ulong mask = length == sizeof(ulong) ? ulong.MaxValue : (1UL << (length * 8)) - 1;
        write = new CoalescedWrite(entry.phys_addr, length, entry.pio != 0, entry.data & mask);
        // Pairs with the kernel's read of `first`: the entry has been read before it may be used again.
        Volatile.Write(ref _ring->first, (uint)((first + 1) % Capacity));
        return true;
    }
}
