using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>What slots take of the managed heap, as the collector and the allocator count it.</summary>
static class SlotBytes
{
    const int SlotsTogether = 1 << 14;
    const long MostBytesTogether = 64 << 20;
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

    /// <summary>Each of so many slots: what a store with them has more than one without, divided.</summary>
    internal static ScaleMeasure PerSlot(SlotStoreDesign store, int count)
    {
        // Many small stores, since a difference of so few bytes says little.
        int stores = Math.Max(SlotsTogether / count, 1);
        stores = (int)Math.Min(stores, Math.Max(MostBytesTogether / (long)Empty(store).Bytes!.Value, 1));
        double bytes = HeapBytesOf(store, count, stores) - HeapBytesOf(store, 0, stores);
        return ScaleMeasure.OfBytes(Math.Round(Math.Max(bytes, 0) / stores / count, 1));
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
    static double HeapBytesOf(SlotStoreDesign store, int count, int stores)
    {
        double[] runs = new double[Runs];
        for (int run = 0; run < Runs; run++)
            runs[run] = Make(store, count, stores);
        Array.Sort(runs);
        return runs[Runs / 2];
    }

    // A method of its own, so that nothing of an earlier run is still on the stack and counted in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static double Make(SlotStoreDesign store, int count, int stores)
    {
        var made = new SlotStore[stores];
        long before = HeapBytes();
        for (int index = 0; index < stores; index++)
        {
            made[index] = store.Create();
            if (count != 0)
                Fill(made[index], count);
        }
        long bytes = HeapBytes() - before;
        GC.KeepAlive(made);
        return bytes;
    }

    static void Fill(SlotStore store, int count)
    {
        SlotChange[] changes = new SlotChange[count];
        for (int slot = 0; slot < count; slot++)
            changes[slot].New = store.CreateSlot(Define(slot), null);
        Update(store, changes);
        // Once more, for a store whose two sets are level only after two updates.
        MemorySlot first = changes[0].New!;
        Update(store, [new SlotChange { Old = first, New = store.CreateSlot(first.Definition, null) }]);
    }

    static SlotDefinition Define(int slot) => new(
        AddressSpaceId.Normal, new SlotId((ushort)slot), new GfnRange(SlotCrowd.FrameOf(slot), 1),
        new Hva((ulong)slot << Page.Shift), SlotFlags.None);

    static void Update(SlotStore store, SlotChange[] changes)
    {
        store.Stage(SlotStep.Apply, changes);
        store.Publish();
        store.Settle(SlotStep.Apply, changes);
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
