using System;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Raw;

/// <summary>The ring into which the kernel puts writes to coalesced zones. A machine has one, seen through each vCPU.</summary>
/// <remarks>The kernel is the one producer; one thread at a time may take.</remarks>
[SupportedOSPlatform("linux")]
public sealed unsafe class CoalescedRing
{
    readonly RunPage _page;
    readonly kvm_coalesced_mmio_ring* _ring;

    internal CoalescedRing(RunPage page, byte* start)
    {
        _page = page;
        // SAFETY: the caller gives a whole page of the mapping, which the page keeps.
        _ring = (kvm_coalesced_mmio_ring*)start;
    }

    /// <summary>Entries of the ring; one of them always stays empty.</summary>
    public static int Capacity => (Page.Size - sizeof(kvm_coalesced_mmio_ring)) / sizeof(kvm_coalesced_mmio);

    /// <summary>Writes that are waiting.</summary>
    /// <exception cref="ObjectDisposedException">The vCPU was disposed.</exception>
    public int Count
    {
        get
        {
            Hold();
            // Pairs with the kernel's write barrier between an entry and the advance of `last`.
            int count = ((int)(Volatile.Read(ref _ring->last) % (uint)Capacity) - First + Capacity) % Capacity;
            _page.Release();
            return count;
        }
    }

    int First => (int)(_ring->first % (uint)Capacity);

    /// <summary>Takes the oldest write.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ObjectDisposedException">The vCPU was disposed.</exception>
    public bool TryTake(out CoalescedWrite write)
    {
        write = default;
        if (Count == 0)
            return false;
        Hold();
        int first = First;
        // SAFETY: the index lies below the capacity, and so the entry in the ring's page, which is held.
        kvm_coalesced_mmio entry = ((kvm_coalesced_mmio*)(_ring + 1))[first];
        write = new CoalescedWrite(entry.phys_addr, (int)entry.len, entry.pio != 0, entry.data);
        // Pairs with the kernel's read of `first`: the entry has been read before it may be used again.
        Volatile.Write(ref _ring->first, (uint)((first + 1) % Capacity));
        _page.Release();
        return true;
    }

    void Hold() => ObjectDisposedException.ThrowIf(!_page.TryHold(), this);
}

/// <summary>A write to a coalesced zone.</summary>
/// <param name="Address">The guest physical address, or the port.</param>
/// <param name="Length">Bytes: 1 … 8.</param>
/// <param name="IsPort">Whether the address is a port.</param>
/// <param name="Data">The bytes, the first one lowest.</param>
public readonly record struct CoalescedWrite(ulong Address, int Length, bool IsPort, ulong Data);
