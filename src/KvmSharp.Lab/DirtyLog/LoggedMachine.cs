using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.DirtyLog;

/// <summary>A machine with one slot of any size, of which only what is touched takes memory, and one vCPU.</summary>
/// <remarks>Guest and host addresses agree below 1 GiB, so the slot can be mapped in leaves of 1 GiB.</remarks>
sealed class LoggedMachine : IDisposable
{
    const ulong GiB = 1UL << 30;

    static readonly SlotId _slot = new(0);

    readonly AnonymousMemory _memory;
    readonly ulong _pages;

    internal LoggedMachine(long pages, bool isLogged, bool initiallySet = false)
    {
        _pages = (ulong)pages;
        _memory = AnonymousMemory.Create((_pages << Page.Shift) + GiB);
        ulong offset = unchecked(0 - _memory.Start.Value) & (GiB - 1);
        Machine = new VirtualMachine();
        Machine.Slots.DirtyLogInitiallySet = initiallySet;
        Machine.Slots.Set(new MemoryRegion(
            _slot, isLogged ? SlotFlags.LogDirty : SlotFlags.None, default, _pages << Page.Shift, _memory.Start + offset)
        { Backing = _memory });
        Vcpu = Machine.Vcpus.Create(new VcpuId(0));
        Vcpu.TryEnterGuest();
    }

    internal VirtualMachine Machine { get; }

    /// <summary>In guest mode; the current thread owns it.</summary>
    internal Vcpu Vcpu { get; }

    public void Dispose()
    {
        Vcpu.ExitGuest();
        Machine.Dispose();
        _memory.Dispose();
    }

    /// <summary>Writes a word into pages that are spread evenly, and nowhere regularly, over the slot.</summary>
    internal void Write(long pages)
    {
        for (long page = 0; page < pages; page++)
            Vcpu.Memory.TryWrite(AddressOf(page, pages), (ulong)page + 1);
    }

    /// <summary>Writes one page again and again.</summary>
    internal void WriteOnePage(long times)
    {
        Gpa gpa = new(Page.Size);
        for (long time = 0; time < times; time++)
            Vcpu.Memory.TryWrite(gpa, (ulong)time);
    }

    /// <summary>Maps the whole slot in the largest leaves.</summary>
    internal void MapAll()
    {
        for (ulong gpa = 0; gpa < _pages << Page.Shift; gpa += GiB)
            Vcpu.Memory.TryWrite(new Gpa(gpa), 1UL);
    }

    /// <summary>Switches logging on or off.</summary>
    internal void SetLogged(bool isLogged) =>
        Machine.Slots.SetFlags(_slot, isLogged ? SlotFlags.LogDirty : SlotFlags.None);

    /// <summary>Reads and clears the log as KVM's callers do, and looks for what it says.</summary>
    /// <returns>Pages that were dirty.</returns>
    internal long HarvestFlat(ulong[] bitmap)
    {
        if (Machine.DirtyTracking.TryGetLog(_slot, bitmap) != KvmErrno.None)
            throw new InvalidOperationException("the log was refused");
        long pages = 0;
        foreach (ulong word in bitmap)
        {
            if (word != 0)
                pages += System.Numerics.BitOperations.PopCount(word);
        }
        return pages;
    }

    // In each of equal parts, at a place that a multiplicative hash of the part's number chooses.
    Gpa AddressOf(long page, long pages)
    {
        ulong part = _pages / (ulong)pages;
        ulong place = part <= 1 ? 0 : unchecked((ulong)page * 0x9E37_79B9_7F4A_7C15) % part;
        return new Gpa((((ulong)page * part) + place) << Page.Shift);
    }
}
