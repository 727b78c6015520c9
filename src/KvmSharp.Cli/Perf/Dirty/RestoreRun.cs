using System.Collections.Generic;
using System.Diagnostics;
using KvmSharp.Addresses;
using KvmSharp.Checkpoints;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>How long it takes to bring a machine back, against the pages that were written since.</summary>
sealed class RestoreRun(DirtyPerfOptions options, DirtyPerfOutcome outcome)
{
    const int LeastSamples = 20;
    const double SecondsPerCase = 0.2;

    static readonly long[] _dirty = [1, 10, 100, 1000, 10_000];

    /// <exception cref="PerfTestException">Other pages came back than were written, or not what they held.</exception>
    internal void Measure()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(options.Pages << Page.Shift);
        using var machine = new VirtualMachine();
        SlotId slot = machine.Slots.Add(default, memory);
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        for (ulong page = 0; page < options.Pages; page++)
            memory.WriteUInt64(page << Page.Shift, page + 1);

        long began = Stopwatch.GetTimestamp();
        using RestorePoint point = RestorePoint.Take(machine);
        using Checkpoint checkpoint = point.Checkpoint;
        Add("take", (long)options.Pages, Stopwatch.GetElapsedTime(began).TotalSeconds);
        foreach (long dirty in _dirty)
        {
            if ((ulong)dirty <= options.Pages)
                Add("restore", dirty, MedianRestore(vcpu, point, dirty));
        }
        for (ulong page = 0; page < options.Pages; page++)
        {
            if (memory.ReadUInt64(page << Page.Shift) != page + 1)
                throw new PerfTestException($"{slot}: page {page} does not hold what it held");
        }
        outcome.Stalls.AddRange(DirtyStallResult.Of(DirtyPerfOptions.Restore, "checkpoint", machine.DirtyTracking.Stalls));
    }

    double MedianRestore(Vcpu vcpu, RestorePoint point, long dirty)
    {
        var samples = new List<double>();
        ulong stride = options.Pages / (ulong)dirty;
        long began = Stopwatch.GetTimestamp();
        while (samples.Count < LeastSamples || Stopwatch.GetElapsedTime(began).TotalSeconds < SecondsPerCase)
        {
            vcpu.TryEnterGuest();
            for (ulong page = 0; page < (ulong)dirty; page++)
                vcpu.Memory.TryWrite(new Gpa((page * stride) << Page.Shift), 0UL);
            vcpu.ExitGuest();
            long start = Stopwatch.GetTimestamp();
            ulong restored = point.Restore();
            samples.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (restored != (ulong)dirty)
                throw new PerfTestException($"{restored} pages were brought back, {dirty} were written");
        }
        samples.Sort();
        return samples[samples.Count / 2];
    }

    void Add(string phase, long pages, double seconds) =>
        outcome.Phases.Add(new DirtyPhase(DirtyPerfOptions.Restore, "checkpoint", phase, null, pages, seconds));
}
