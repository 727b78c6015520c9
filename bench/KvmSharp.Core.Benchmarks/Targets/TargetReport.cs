using System;
using System.Globalization;
using KvmSharp.Addresses;
using KvmSharp.Benchmarks.Bytes;
using KvmSharp.Benchmarks.Slots;
using KvmSharp.Benchmarks.Vcpus;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Measures every figure that has a target in one short run, and prints them beside the targets.</summary>
/// <remarks>The median decides; the best is shown because a busy host makes medians worse than the code is.</remarks>
static class TargetReport
{
    const int FewSlots = 10;
    const int ManyVcpus = 1024;
    const double Nanoseconds = 1;
    const double Microseconds = 1000;

    static bool _allMet;

    /// <summary>Prints the table.</summary>
    /// <returns>Whether every target was met.</returns>
    internal static bool Print()
    {
        _allMet = true;
        Console.WriteLine($"{"figure",-64} {"target",10} {"measured",10} {"best",10}  ok");
        Line("host: one step of dependent work, before", null, Nanoseconds, "ns", HostSpeed.Step());
        // Thrown away: whatever comes first is measured while the runtime still compiles.
        SlotTargets.RandomLookup(SlotPlaces.SideBySide);
        Line("random gfn lookup, 32,764 slots side by side", 20, Nanoseconds, "ns", SlotTargets.RandomLookup(SlotPlaces.SideBySide));
        Line("random gfn lookup, 32,764 slots scattered", 20, Nanoseconds, "ns", SlotTargets.RandomLookup(SlotPlaces.Scattered));
        Line("repeated lookup, last slot of a vCPU", 2, Nanoseconds, "ns", SlotTargets.RepeatedLookup());
        Line("TLB hit, aligned 8-byte read", 2, Nanoseconds, "ns", AccessTargets.HitRead());
        Line("TLB hit, aligned 8-byte write", 2, Nanoseconds, "ns", AccessTargets.HitWrite());
        Line("TLB miss, 4 KiB leaf, pages in order", 20, Nanoseconds, "ns", AccessTargets.Miss(PageLevel.Page4K, inOrder: true));
        Line("TLB miss, 4 KiB leaf, pages at random", 20, Nanoseconds, "ns", AccessTargets.Miss(PageLevel.Page4K, inOrder: false));
        Line("TLB miss, 2 MiB leaf, pages in order", 20, Nanoseconds, "ns", AccessTargets.Miss(PageLevel.Page2M, inOrder: true));
        Line("TLB miss, 2 MiB leaf, pages at random", 20, Nanoseconds, "ns", AccessTargets.Miss(PageLevel.Page2M, inOrder: false));
        Line("vCPU by index, 1,024 vCPUs, against a plain array", 1.5, Nanoseconds, "×", VcpuTargets.ByIndex(ManyVcpus));
        Line("vCPU by id, numbered as indices, against by index", 2, Nanoseconds, "×", VcpuTargets.ById(ManyVcpus, VcpuNumbering.Indices));
        Line("vCPU by APIC id with gaps, against by index", 2, Nanoseconds, "×", VcpuTargets.ById(ManyVcpus, VcpuNumbering.Apic));
        foreach (int count in (int[])[64, ManyVcpus, 4096])
        {
            string figure = string.Create(CultureInfo.InvariantCulture, $"vCPU by id strewn below 2^20, {count:#,0} vCPUs, against by index");
            Line(figure, 2, Nanoseconds, "×", VcpuTargets.ById(count, VcpuNumbering.Strewn));
            Line("  an array of 2^20 instead", null, Nanoseconds, "×", VcpuTargets.InArrayById(count, VcpuCrowd.StrewnId));
        }
        Line("set of 1,024 shuffled VPs of 1,024", 2, Microseconds, "µs", VpTargets.Translate(ManyVcpus, ManyVcpus));
        Line("  the same, against a walk over all vCPUs", 0.1, Nanoseconds, "×", VpTargets.AgainstWalk(ManyVcpus, ManyVcpus));
        Line("  half of them, the most that is looked up", 2, Microseconds, "µs", VpTargets.Translate(ManyVcpus, ManyVcpus / 2));
        Line("interrupt to the last of 64 vCPUs", null, Nanoseconds, "ns", InterruptTargets.Deliver(64));
        Line("interrupt to the last of 1,024 vCPUs, against the only one", 1.5, Nanoseconds, "×", InterruptTargets.AgainstOne(ManyVcpus));
        BuildTimes wide = SlotTargets.Build(SlotTrieStore.Design);
        Line("add 32,764 one-page slots one at a time", 60, Nanoseconds, "ms", wide.Add);
        Line("  the same, processor time", null, Nanoseconds, "ms", wide.AddProcessor);
        Line("delete 32,764 one-page slots one at a time", 60, Nanoseconds, "ms", wide.Delete);
        Line("  the same, processor time", null, Nanoseconds, "ms", wide.DeleteProcessor);
        BuildTimes twin = SlotTargets.Build(TwinTreeStore.Design);
        Line("  twin trees: add", null, Nanoseconds, "ms", twin.Add);
        Line("  twin trees: delete", null, Nanoseconds, "ms", twin.Delete);
        Line("move a slot, 10 slots, vCPU runs elsewhere", 3, Microseconds, "µs", SlotTargets.Move(FewSlots, vcpuUsesIt: false));
        Line("move a slot, 32,764 slots, vCPU runs elsewhere", 3, Microseconds, "µs", SlotTargets.Move(SlotCrowd.Most, vcpuUsesIt: false));
        Line("  the same, vCPU reads the slot that moves", null, Microseconds, "µs", SlotTargets.Move(SlotCrowd.Most, vcpuUsesIt: true));
        (Timing harvest, Timing harvestRatio) = DirtyTargets.Harvest();
        Line("harvest 10 dirty pages, slot of 1 TiB", 20, Microseconds, "µs", harvest);
        Line("  against a slot of 1 GiB", 2, Nanoseconds, "×", harvestRatio);
        Line("mark 64 pages", 15, Nanoseconds, "ns", DirtyTargets.Mark64Pages());
        Line("8-byte write to a dirty page, against one not logged", 1.1, Nanoseconds, "×", DirtyTargets.WriteDirty());
        Line("begin to log 64 GiB that are mapped, initially set", 100, Microseconds, "µs", DirtyTargets.Enable());
        (Timing restore, Timing restoreRatio) = DirtyTargets.Restore();
        Line("restore 1,000 pages of 4 GiB", 2000, Microseconds, "µs", restore);
        Line("  against 1,000 pages of 1 GiB", 1.2, Nanoseconds, "×", restoreRatio);
        Line("clone 4 GiB", 1000, Microseconds, "µs", DirtyTargets.Clone());
        Line("empty machine", null, Nanoseconds, "bytes", Exact(BookkeepingBytes.EmptyMachine()));
        Line("machine, 1 slot, 1 vCPU, besides the TLB", 8192, Nanoseconds, "bytes", Exact(BookkeepingBytes.OneSlotOneVcpu(touched: false)));
        Line("  the same after one access", null, Nanoseconds, "bytes", Exact(BookkeepingBytes.OneSlotOneVcpu(touched: true)));
        Line("each of 32,764 slots, side by side", 220, Nanoseconds, "bytes", Exact(BookkeepingBytes.PerSlot(SlotTrieStore.Design, SlotPlaces.SideBySide)));
        Line("each of 32,764 slots, scattered", 220, Nanoseconds, "bytes", Exact(BookkeepingBytes.PerSlot(SlotTrieStore.Design, SlotPlaces.Scattered)));
        Line("allocated by accesses of all kinds", 0, Nanoseconds, "bytes", Exact(AccessTargets.AllocatedBytes()));
        Line("host: one step of dependent work, after", null, Nanoseconds, "ns", HostSpeed.Step());
        return _allMet;
    }

    static Timing Exact(double value) => new(value, value);

    static void Line(string figure, double? target, double scale, string unit, Timing timing)
    {
        double median = timing.Median / scale;
        double best = timing.Best / scale;
        bool met = target is not { } limit || median <= limit;
        _allMet &= met;
        string bound = target is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{target:0.#} {unit}");
        string ok = target is null ? "" : met ? "yes" : "NO";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{figure,-64} {bound,10} {median,10:0.00} {best,10:0.00}  {ok}"));
        Console.Out.Flush();
    }
}
