using System;
using System.Runtime.CompilerServices;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>What slots take of the managed heap, as the collector and the allocator count it.</summary>
static class SlotBytes
{
    const int MostMachines = 64;
    const int Runs = 3;
    const int Moves = 128;

    /// <summary>A store with no slots: what it allocates when it is made.</summary>
    internal static ScaleMeasure Empty(SlotStoreDesign store)
    {
        // What is made once for all stores is not a store's.
        store.Create();
        long before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(store.Create());
        return ScaleMeasure.OfBytes(GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Each of so many slots: what a machine with them has more than one without, divided.</summary>
    internal static ScaleMeasure PerSlot(SlotStoreDesign store, int count)
    {
        // Many small machines, since a difference of so few bytes says little.
        int machines = Math.Max(MostMachines / count, 1);
        double bytes = HeapBytesOf(store, count, machines) - HeapBytesOf(store, 0, machines);
        // Where the slots stand in memory that an empty store has already, what else happens on the heap may be more.
        return ScaleMeasure.OfBytes(Math.Round(Math.Max(bytes, 0) / machines / count, 1));
    }

    /// <summary>What a move allocates, and what it copies into memory that it has already.</summary>
    internal static ScaleMeasure Copied(SlotStoreDesign store, int count)
    {
        using var crowd = new SlotCrowd(store, count);
        Action<long> move = SlotUpdates.Mover(crowd);
        // Both sets of a store that has two are as large as they will be.
        move(2);
        long before = UpdateBytes(crowd);
        move(Moves);
        return ScaleMeasure.OfBytes(Math.Round((double)(UpdateBytes(crowd) - before) / Moves, 1));
    }

    static long UpdateBytes(SlotCrowd crowd) =>
        GC.GetAllocatedBytesForCurrentThread() + (crowd.Store is CopyingStore copying ? copying.CopiedBytes : 0);

    // The middle of several: now and then something else comes or goes meanwhile.
    static double HeapBytesOf(SlotStoreDesign store, int count, int machines)
    {
        Make(store, count, machines);
        double[] runs = new double[Runs];
        for (int run = 0; run < Runs; run++)
            runs[run] = Make(store, count, machines);
        Array.Sort(runs);
        return runs[Runs / 2];
    }

    // A method of its own, so that nothing of an earlier run is still on the stack and counted in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static double Make(SlotStoreDesign store, int count, int machines)
    {
        var crowds = new SlotCrowd[machines];
        long before = HeapBytes();
        for (int machine = 0; machine < machines; machine++)
            crowds[machine] = new SlotCrowd(store, count, room: 1);
        long bytes = HeapBytes() - before;
        foreach (SlotCrowd crowd in crowds)
            crowd.Dispose();
        return bytes;
    }

    static long HeapBytes()
    {
        // Twice: what a finalizer held is gone only after it has run.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
