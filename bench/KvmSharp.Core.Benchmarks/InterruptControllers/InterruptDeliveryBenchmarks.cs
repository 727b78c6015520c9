using BenchmarkDotNet.Attributes;

namespace KvmSharp.Benchmarks.InterruptControllers;

/// <summary>An interrupt from one vCPU to another, of few and of many.</summary>
[MemoryDiagnoser]
public class InterruptDeliveryBenchmarks
{
    ApicCrowd _crowd = null!;

    [Params(1, 64, 1024)]
    public int Vcpus { get; set; }

    [GlobalSetup]
    public void Setup() => _crowd = new ApicCrowd(Vcpus);

    [GlobalCleanup]
    public void Cleanup() => _crowd.Dispose();

    [Benchmark(Baseline = true)]
    public void ById() => _crowd.SendToLast();

    [Benchmark]
    public void ByLogicalId() => _crowd.SendToLastLogically();
}
