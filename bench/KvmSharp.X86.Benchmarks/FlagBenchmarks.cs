using BenchmarkDotNet.Attributes;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Benchmarks;

/// <summary>What it costs to leave a subtraction's flags behind, and to have them all computed.</summary>
[MemoryDiagnoser]
public class FlagBenchmarks
{
    LazyFlags _flags;

    [Benchmark(Baseline = true)]
    public void Record() => _flags.SetSubtraction(5, 7, -2);

    [Benchmark]
    public ulong RecordAndCompute()
    {
        _flags.SetSubtraction(5, 7, -2);
        return _flags.Value;
    }
}
