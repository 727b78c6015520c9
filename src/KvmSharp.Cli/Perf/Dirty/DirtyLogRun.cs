using System;
using System.Diagnostics;
using System.Numerics;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>
/// The phases of the kernel's dirty_log_perf_test: populate, switch logging on, let the vCPUs dirty memory and read and
/// clear the log several times, switch logging off.
/// </summary>
sealed class DirtyLogRun(string test, string mode, DirtyPerfOptions options, DirtyPerfOutcome outcome)
{
    internal const string Bitmap = "bitmap";
    internal const string Manual = "manual";
    internal const string InitiallySet = "initially-set";
    internal const string Ring = "ring";

    long _harvested;
    double _harvestSeconds;

    /// <exception cref="PerfTestException">A log does not say what was written.</exception>
    internal void Measure()
    {
        using var machine = new DirtyMachine(options, useRings: mode == Ring);
        DirtyTracking tracking = machine.Machine.DirtyTracking;
        tracking.TrySetModes(mode switch
        {
            Manual => DirtyLogModes.ManualProtect,
            InitiallySet => DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet,
            _ => DirtyLogModes.None,
        });
        MemorySlot[] slots = [.. Slots(machine.Machine)];
        ulong[][] bitmaps = Array.ConvertAll(slots, slot => new ulong[DirtyTracking.WordsFor(slot.PageCount)]);

        // What is seen for the first time is compiled.
        machine.GoOver(1);
        Time("populate", null, () => machine.GoOver(1), (long)options.Pages);
        DirtyStalls before = tracking.Stalls;
        Time("enable", null, () => tracking.SetLogging(true), null);
        for (int iteration = 1; iteration <= options.Iterations; iteration++)
            Iterate(machine, slots, bitmaps, iteration);
        Time("disable", null, () => tracking.SetLogging(false), null);
        outcome.Stalls.AddRange(DirtyStallResult.Of(test, mode, tracking.Stalls - before));
    }

    void Iterate(DirtyMachine machine, MemorySlot[] slots, ulong[][] bitmaps, int iteration)
    {
        if (mode == Ring)
        {
            _harvested = 0;
            _harvestSeconds = 0;
            long began = Stopwatch.GetTimestamp();
            machine.GoOver(options.WriteFraction, () => HarvestRings(machine.Machine));
            double dirty = Stopwatch.GetElapsedTime(began).TotalSeconds - _harvestSeconds;
            HarvestRings(machine.Machine);
            Add("dirty", iteration, _harvested, dirty);
            Add("harvest+reset", iteration, _harvested, _harvestSeconds);
            Check(_harvested, iteration);
            return;
        }
        Time("dirty", iteration, () => machine.GoOver(options.WriteFraction), null);
        long found = 0;
        DirtyTracking tracking = machine.Machine.DirtyTracking;
        Time("get", iteration, () => Get(tracking, slots, bitmaps), null);
        foreach (ulong[] bitmap in bitmaps)
            found += Count(bitmap);
        if (mode != Bitmap)
            Time("clear", iteration, () => Clear(tracking, slots, bitmaps), found);
        // Initially, all pages are.
        if (mode == InitiallySet && iteration == 1)
            Require(found == (long)options.Pages, found, (long)options.Pages);
        else
            Check(found, iteration);
    }

    // The pages that are written are the same each time.
    long _expected = -1;

    void Check(long found, int iteration)
    {
        if (_expected < 0)
            _expected = found;
        Require(found == _expected && found > 0, found, _expected);
        Debug.Assert(iteration > 0, "iterations are numbered from 1");
    }

    void Require(bool holds, long found, long expected)
    {
        if (!holds)
            throw new PerfTestException($"{test}, {mode}: {found} dirty pages were reported, not {expected}");
    }

    void HarvestRings(VirtualMachine machine)
    {
        long began = Stopwatch.GetTimestamp();
        foreach (Vcpu vcpu in machine.Vcpus)
        {
            while (vcpu.DirtyRing!.TryHarvest(out _))
                _harvested++;
        }
        machine.DirtyTracking.TryResetRings(out _);
        _harvestSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static void Get(DirtyTracking tracking, MemorySlot[] slots, ulong[][] bitmaps)
    {
        for (int index = 0; index < slots.Length; index++)
            tracking.TryGetLog(slots[index].Id, bitmaps[index]);
    }

    static void Clear(DirtyTracking tracking, MemorySlot[] slots, ulong[][] bitmaps)
    {
        for (int index = 0; index < slots.Length; index++)
            tracking.TryClearLog(slots[index].Id, 0, (uint)slots[index].PageCount, bitmaps[index]);
    }

    static long Count(ulong[] bitmap)
    {
        long pages = 0;
        foreach (ulong word in bitmap)
            pages += BitOperations.PopCount(word);
        return pages;
    }

    static System.Collections.Generic.IEnumerable<MemorySlot> Slots(VirtualMachine machine)
    {
        for (ushort id = 0; machine.Slots.TryFind(new SlotId(id), out MemorySlot? slot); id++)
            yield return slot;
    }

    void Time(string phase, int? iteration, Action work, long? pages)
    {
        long began = Stopwatch.GetTimestamp();
        work();
        Add(phase, iteration, pages, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    void Add(string phase, int? iteration, long? pages, double seconds) =>
        outcome.Phases.Add(new DirtyPhase(test, mode, phase, iteration, pages, seconds));
}
