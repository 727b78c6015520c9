using System;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.DirtyLog;
using KvmSharp.Hardware.Abi;
using KvmSharp.Hardware.Native;
using KvmSharp.Slots;

namespace KvmSharp.Hardware.Raw;

/// <summary>A vCPU's ring of pages that were written.</summary>
/// <remarks>
/// The kernel fills it, one thread at a time harvests it, while the vCPU runs. Harvested entries are free again after
/// <c>KVM_RESET_DIRTY_RINGS</c>, which also makes the pages report their next write.
/// </remarks>
[SupportedOSPlatform("linux")]
sealed unsafe class MappedDirtyRing : IDisposable
{
    const int PageOffset = 64 * Addresses.Page.Size;
    const uint Dirty = 1;
    const uint Harvested = 2;

    readonly nuint _length;
    kvm_dirty_gfn* _entries;
    uint _next;

    internal MappedDirtyRing(SafeHandle vcpu, uint bytes)
    {
        _length = bytes;
        nint address = LibC.mmap(0, bytes, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, vcpu, PageOffset);
        if (address == -1)
            throw new KvmException("mmap", Call.LastErrno(), $"0x{bytes:x} bytes of a dirty ring");
        // SAFETY: the kernel has mapped this many bytes of entries there.
        _entries = (kvm_dirty_gfn*)address;
    }

    /// <summary>Unmaps a ring that was forgotten.</summary>
    ~MappedDirtyRing() => Unmap();

    /// <summary>Entries; a power of two.</summary>
    internal int Capacity => (int)(_length / (nuint)sizeof(kvm_dirty_gfn));

    /// <summary>Takes entries in the order in which the pages were written.</summary>
    /// <param name="pages">Room for them.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="ObjectDisposedException">The ring was disposed.</exception>
    internal int Harvest(Span<DirtyPage> pages)
    {
        ObjectDisposedException.ThrowIf(_entries is null, this);
        int count = 0;
        while (count < pages.Length)
        {
            // SAFETY: the index is taken modulo the capacity, a power of two.
            kvm_dirty_gfn* entry = _entries + (_next & (uint)(Capacity - 1));
            // Pairs with the kernel's write barrier between slot and offset, and the flag.
            if ((Volatile.Read(ref entry->flags) & (Dirty | Harvested)) != Dirty)
                break;
            uint slot = entry->slot;
            pages[count++] = new DirtyPage(
                new AddressSpaceId((byte)(slot >> SlotWord.SpaceShift)), new SlotId((ushort)slot), entry->offset);
            // Pairs with the kernel's acquire in RESET: the entry has been read before it may be filled again.
            Volatile.Write(ref entry->flags, Harvested);
            _next++;
        }
        GC.KeepAlive(this);
        return count;
    }

    /// <summary>The flags of an entry, for comparing behaviour.</summary>
    internal uint FlagsAt(int index)
    {
        ObjectDisposedException.ThrowIf((uint)index >= (uint)Capacity || _entries is null, this);
        // SAFETY: the index was checked.
        return Volatile.Read(ref (_entries + index)->flags);
    }

    /// <summary>Unmaps the ring. Not while another thread harvests it.</summary>
    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    void Unmap()
    {
        if (_entries is null)
            return;
        LibC.munmap((nint)_entries, _length);
        _entries = null;
    }
}
