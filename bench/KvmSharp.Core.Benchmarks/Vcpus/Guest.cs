using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>A machine with one slot and one vCPU that is in guest mode on the calling thread.</summary>
sealed class Guest : IDisposable
{
    /// <summary>Twice the TLB's entries: going round them, each access finds its entry taken by another page.</summary>
    internal const int PagesThatMiss = 2048;

    const int CacheLine = 64;
    const ulong LargePage = 1 << 21;

    readonly AnonymousMemory _host;
    readonly Gpa _start;
    readonly int _pages;

    internal Guest(PageLevel level, int pages)
    {
        _pages = pages;
        ulong length = Math.Max((ulong)pages * Page.Size, LargePage) + LargePage;
        _host = AnonymousMemory.Create(length, HugePages.Prefer);
        Machine = new VirtualMachine();
        // One page off, guest and host addresses do not agree below 2 MiB, and no large leaf fits.
        _start = level == PageLevel.Page4K ? new Gpa(LargePage + Page.Size) : new Gpa(LargePage);
        SlotId = Machine.Slots.Add(_start, _host);
        Vcpu = Machine.Vcpus.Create(new VcpuId(0));
        if (!Vcpu.TryEnterGuest())
            throw new InvalidOperationException("the vCPU does not enter");
        for (int page = 0; page < pages; page++)
            Memory.TryWrite(AddressOf(page), 1UL);
    }

    internal VirtualMachine Machine { get; }

    internal Vcpu Vcpu { get; }

    internal SlotId SlotId { get; }

    internal GuestMemory Memory => Vcpu.Memory;

    /// <summary>The first address of the slot.</summary>
    internal Gpa Start => _start;

    /// <summary>An address in a page; each page's in another cache line, so that the host's cache sets are shared evenly.</summary>
    internal Gpa AddressOf(int page) => _start + ((ulong)page * Page.Size) + ((ulong)page * CacheLine % Page.Size);

    internal Gpa[] AddressesThatMiss(bool inOrder)
    {
        var order = new Gpa[_pages];
        for (int page = 0; page < _pages; page++)
            order[page] = AddressOf(page);
        if (!inOrder)
        {
            // Both pages of an entry stay half a round apart, or a page might be met again before its entry is taken.
            var random = new Random(3);
            int half = _pages / 2;
            random.Shuffle(order.AsSpan(0, half));
            for (int index = 0; index < half; index++)
            {
                int page = (int)((order[index] - _start) / Page.Size);
                order[half + index] = AddressOf(page + half);
            }
        }
        return order;
    }

    internal ulong ReadOnePage(int count)
    {
        GuestMemory memory = Memory;
        ulong sum = 0;
        for (int index = 0; index < count; index++)
        {
            memory.TryRead(_start + ((ulong)index * sizeof(ulong) % Page.Size), out ulong value);
            sum += value;
        }
        return sum;
    }

    internal void WriteOnePage(int count)
    {
        GuestMemory memory = Memory;
        for (int index = 0; index < count; index++)
            memory.TryWrite(_start + ((ulong)index * sizeof(ulong) % Page.Size), (ulong)index);
    }

    internal ulong Read(Gpa[] addresses)
    {
        GuestMemory memory = Memory;
        ulong sum = 0;
        foreach (Gpa gpa in addresses)
        {
            memory.TryRead(gpa, out ulong value);
            sum += value;
        }
        return sum;
    }

    public void Dispose()
    {
        Vcpu.ExitGuest();
        Machine.Dispose();
        _host.Dispose();
    }
}
