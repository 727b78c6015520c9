using System;
using KvmSharp.Addresses;
using KvmSharp.Benchmarks.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>The figures of guest accesses.</summary>
static class AccessTargets
{
    const int Accesses = 1 << 12;

    internal static Timing HitRead()
    {
        using var guest = new Guest(PageLevel.Page4K, pages: 1);
        return Stopclock.Measure(Accesses, () => guest.ReadOnePage(Accesses));
    }

    internal static Timing HitWrite()
    {
        using var guest = new Guest(PageLevel.Page4K, pages: 1);
        return Stopclock.Measure(Accesses, () => guest.WriteOnePage(Accesses));
    }

    /// <summary>Reads that miss the TLB each time and find the page in the second stage.</summary>
    internal static Timing Miss(PageLevel level, bool inOrder)
    {
        using var guest = new Guest(level, Guest.PagesThatMiss);
        Gpa[] order = guest.AddressesThatMiss(inOrder);
        guest.Read(order);
        return Stopclock.Measure(order.Length, () => guest.Read(order));
    }

    /// <summary>Bytes that accesses of all kinds allocate.</summary>
    internal static long AllocatedBytes()
    {
        using var guest = new Guest(PageLevel.Page4K, Guest.PagesThatMiss);
        Gpa[] order = guest.AddressesThatMiss(inOrder: false);
        byte[] buffer = new byte[2 * Page.Size];
        void AllKinds()
        {
            guest.Read(order);
            guest.ReadOnePage(Accesses);
            guest.WriteOnePage(Accesses);
            foreach (Gpa gpa in order)
            {
                guest.Memory.TryAdd(gpa, 1UL, out _);
                guest.Memory.TryRead(gpa, buffer, out _);
            }
        }
        AllKinds();
        long before = GC.GetAllocatedBytesForCurrentThread();
        AllKinds();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
