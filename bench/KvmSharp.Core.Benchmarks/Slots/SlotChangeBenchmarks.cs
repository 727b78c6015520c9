using BenchmarkDotNet.Attributes;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>One change at a time, there and back. No vCPU runs.</summary>
public class SlotChangeBenchmarks : SlotBenchmark
{
    [Benchmark(Baseline = true)]
    public void DeleteAndAdd()
    {
        Machine.Slots.Delete(LastId);
        Machine.Slots.Set(SlotCrowd.Region(Count - 1, Places[^1], Memory));
    }

    [Benchmark(OperationsPerInvoke = 2)]
    public void Move()
    {
        Machine.Slots.Move(LastId, (Places[^1] + SlotCrowd.Stretch).Base);
        Machine.Slots.Move(LastId, Places[^1].Base);
    }

    [Benchmark(OperationsPerInvoke = 2)]
    public void SetFlags()
    {
        Machine.Slots.SetFlags(LastId, SlotFlags.LogDirty);
        Machine.Slots.SetFlags(LastId, SlotFlags.None);
    }

    [Benchmark]
    public SlotSet Snapshot() => Machine.Slots.Snapshot();
}
