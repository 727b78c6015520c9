using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>A second-stage fault: the page was taken away, the next read maps it again.</summary>
[MemoryDiagnoser]
public class FaultBenchmarks
{
    Guest _guest = null!;
    GfnRange _frames;

    [ParamsSource(nameof(Levels))]
    public PageLevel Level { get; set; }

    public static IEnumerable<PageLevel> Levels => [PageLevel.Page4K, PageLevel.Page2M];

    [GlobalSetup]
    public void SetUp()
    {
        _guest = new Guest(Level, pages: 1);
        _frames = new GfnRange(_guest.Start.Frame, 1);
    }

    [GlobalCleanup]
    public void CleanUp() => _guest.Dispose();

    // The zap is measured alone in the second stage's benchmarks.
    [Benchmark]
    public bool ZapAndFault()
    {
        _guest.Machine.Mmu.Zap(default, _frames);
        return _guest.Memory.TryRead(_guest.Start, out ulong _);
    }
}
