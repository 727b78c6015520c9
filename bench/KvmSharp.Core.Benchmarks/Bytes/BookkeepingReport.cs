using System;
using System.Globalization;
using KvmSharp.Benchmarks.Slots;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Bytes;

/// <summary>Prints what the bookkeeping takes.</summary>
static class BookkeepingReport
{
    internal static void Print()
    {
        Line("empty machine", BookkeepingBytes.EmptyMachine());
        Line("machine, 1 slot, 1 vCPU", BookkeepingBytes.OneSlotOneVcpu(touched: false));
        Line("the same after one access, besides the TLB", BookkeepingBytes.OneSlotOneVcpu(touched: true));
        Line("a vCPU's TLB", GuestMemory.TlbBytes);
        foreach (SlotStoreDesign design in (SlotStoreDesign[])[SlotTrieStore.Design, TwinTreeStore.Design])
        {
            foreach (SlotPlaces layout in Enum.GetValues<SlotPlaces>())
                Line($"each of {SlotCrowd.Most} slots, {layout}, {design.Name}", BookkeepingBytes.PerSlot(design, layout));
        }
    }

    static void Line(string what, double bytes) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-60} {bytes,10:N1} bytes"));
}
