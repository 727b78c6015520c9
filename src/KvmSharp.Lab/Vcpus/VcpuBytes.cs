using System;
using System.Runtime.CompilerServices;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>What a table takes on the heap for some vCPUs, without the vCPUs themselves.</summary>
static class VcpuBytes
{
    // So much is measured at once that what the collector's own bookkeeping adds does not show.
    const int Together = 4 << 20;
    const int Runs = 5;

    internal static ScaleMeasure Measure(VcpuStoreDesign store, int count, VcpuNumbering numbering)
    {
        using var crowd = new VcpuCrowd(VcpuStores.Default, count, numbering);
        crowd.CreateAll();
        return ScaleMeasure.OfBytes(PerStore(store, crowd));
    }

    // The middle of several: now and then something else comes or goes meanwhile.
    static double PerStore(VcpuStoreDesign store, VcpuCrowd crowd)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Make(store, crowd, stores: 1);
        int stores = (int)long.Max(1, Together / (GC.GetAllocatedBytesForCurrentThread() - before));
        double[] runs = new double[Runs];
        for (int run = 0; run < Runs; run++)
            runs[run] = Make(store, crowd, stores);
        Array.Sort(runs);
        return Math.Round(runs[Runs / 2]);
    }

    // A method of its own, so that no store of an earlier run is still on the stack and counted in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static double Make(VcpuStoreDesign store, VcpuCrowd crowd, int stores)
    {
        var kept = new VcpuStore[stores];
        long before = HeapBytes();
        for (int made = 0; made < stores; made++)
        {
            kept[made] = store.Create(crowd.Ids.Length);
            foreach (Vcpu vcpu in crowd.Table)
            {
                kept[made].Add(vcpu);
                kept[made].Ids?.Add(vcpu.Id, vcpu.Index);
            }
        }
        // What a store has retired is no longer its own.
        foreach (VcpuStore each in kept)
            each.TakeRetired();
        long after = HeapBytes();
        GC.KeepAlive(kept);
        return (double)(after - before) / stores;
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
