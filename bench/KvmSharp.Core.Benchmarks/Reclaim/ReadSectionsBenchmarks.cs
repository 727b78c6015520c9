using System.Threading;
using BenchmarkDotNet.Attributes;
using KvmSharp.Reclaim;

namespace KvmSharp.Benchmarks.Reclaim;

/// <summary>Read sections, and waiting when nobody reads.</summary>
[MemoryDiagnoser]
public class ReadSectionsBenchmarks
{
    readonly ReadSections _sections = new();

    [Benchmark(Baseline = true)]
    public void EnterAndLeave()
    {
        using ReadSection section = _sections.Enter();
    }

    [Benchmark]
    public void WaitForNobody() => _sections.WaitForReaders();

    [Benchmark]
    public void ProcessWideBarrier() => Interlocked.MemoryBarrierProcessWide();
}
