using System;
using System.Diagnostics;
using KvmSharp.Addresses;
using KvmSharp.Benchmarks.Slots;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>The slots' figures: lookups and changes at the greatest number of slots.</summary>
static class SlotTargets
{
    const int Lookups = 1 << 12;
    const int Moves = 64;
    const int Builds = 7;

    internal static Timing RandomLookup(SlotPlaces layout)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(SlotCrowd.Most * (ulong)Page.Size);
        using var machine = new VirtualMachine();
        Gfn[] places = SlotCrowd.Places(SlotCrowd.Most, layout);
        SlotCrowd.Add(machine, places, memory);
        Gfn[] lookups = SlotCrowd.Lookups(places, Lookups);
        SlotStore store = machine.Slots.SpaceOf(default).Store;
        return Stopclock.Measure(Lookups, () =>
        {
            int found = 0;
            foreach (Gfn gfn in lookups)
                found += store.Active.Find(gfn) is not null ? 1 : 0;
            Require(found == Lookups);
        });
    }

    /// <summary>As a vCPU looks up: its last slot, under the generation it was found under.</summary>
    internal static Timing RepeatedLookup()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(SlotCrowd.Most * (ulong)Page.Size);
        using var machine = new VirtualMachine();
        Gfn[] places = SlotCrowd.Places(SlotCrowd.Most, SlotPlaces.SideBySide);
        SlotCrowd.Add(machine, places, memory);
        SlotSpace space = machine.Slots.SpaceOf(default);
        var cursor = new LastSlot(space);
        Gfn gfn = places[^1];
        return Stopclock.Measure(Lookups, () =>
        {
            int found = 0;
            for (int index = 0; index < Lookups; index++)
                found += cursor.Find(gfn) is not null ? 1 : 0;
            Require(found == Lookups);
        });
    }

    /// <summary>Milliseconds to add all slots one at a time, and to delete them again.</summary>
    internal static BuildTimes Build(SlotStoreDesign design)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(SlotCrowd.Most * (ulong)Page.Size);
        Gfn[] places = SlotCrowd.Places(SlotCrowd.Most, SlotPlaces.SideBySide);
        double[] add = new double[Builds];
        double[] delete = new double[Builds];
        double[] addProcessor = new double[Builds];
        double[] deleteProcessor = new double[Builds];
        // The first is thrown away.
        for (int build = -1; build < Builds; build++)
        {
            using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = design });
            GC.Collect();
            (double added, double addedProcessor) = Milliseconds(() => SlotCrowd.Add(machine, places, memory));
            (double deleted, double deletedProcessor) = Milliseconds(() => DeleteAll(machine));
            if (build < 0)
                continue;
            add[build] = added;
            delete[build] = deleted;
            addProcessor[build] = addedProcessor;
            deleteProcessor[build] = deletedProcessor;
        }
        return new BuildTimes(Timing.Of(add), Timing.Of(delete), Timing.Of(addProcessor), Timing.Of(deleteProcessor));
    }

    static void DeleteAll(VirtualMachine machine)
    {
        for (int index = 0; index < SlotCrowd.Most; index++)
            machine.Slots.Delete(new SlotId((ushort)index));
    }

    static (double Wall, double Processor) Milliseconds(Action work)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long begin = Stopwatch.GetTimestamp();
        work();
        double wall = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        return (wall, (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds);
    }

    /// <summary>Nanoseconds to move a slot while a vCPU runs, on another slot or on the one that moves.</summary>
    internal static Timing Move(int slots, bool vcpuUsesIt)
    {
        using AnonymousMemory memory = AnonymousMemory.Create((ulong)slots * Page.Size);
        using var machine = new VirtualMachine();
        Gfn[] places = SlotCrowd.Places(slots, SlotPlaces.SideBySide);
        SlotCrowd.Add(machine, places, memory);
        var id = new SlotId((ushort)(slots - 1));
        Gpa here = places[^1].Base;
        Gpa there = (places[^1] + SlotCrowd.Stretch).Base;
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        using var running = new RunningVcpu(machine, vcpu, vcpuUsesIt ? here : places[0].Base);
        return Stopclock.Measure(2 * Moves, () =>
        {
            for (int index = 0; index < Moves; index++)
            {
                machine.Slots.Move(id, there);
                machine.Slots.Move(id, here);
            }
        });
    }

    static void Require(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("a lookup found nothing");
    }
}
