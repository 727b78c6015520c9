using BenchmarkDotNet.Attributes;
using KvmSharp.SecondStage;

namespace KvmSharp.Benchmarks.SecondStage;

/// <summary>The lock around the second stage, with nobody else there.</summary>
[MemoryDiagnoser]
public class MmuLockBenchmarks
{
    readonly MmuLock _lock = new();

    [Benchmark(Baseline = true)]
    public void Shared()
    {
        _lock.EnterShared(0);
        _lock.ExitShared(0);
    }

    [Benchmark]
    public void Exclusive()
    {
        _lock.EnterExclusive();
        _lock.ExitExclusive();
    }
}
