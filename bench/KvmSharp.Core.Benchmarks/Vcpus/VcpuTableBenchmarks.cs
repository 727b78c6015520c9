using BenchmarkDotNet.Attributes;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>Finding and visiting vCPUs, beside a plain array of them.</summary>
[MemoryDiagnoser]
public class VcpuTableBenchmarks
{
    VcpuCrowd _crowd = null!;
    VcpuCrowd _sparse = null!;

    [Params(1, 64, 1024, 4096)]
    public int Count { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _crowd = new VcpuCrowd(Count);
        _sparse = new VcpuCrowd(Count, VcpuCrowd.ApicId);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _crowd.Dispose();
        _sparse.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = VcpuCrowd.Lookups)]
    public int InPlainArray() => _crowd.FindInArray();

    [Benchmark(OperationsPerInvoke = VcpuCrowd.Lookups)]
    public int ByIndex() => _crowd.FindByIndex();

    [Benchmark(OperationsPerInvoke = VcpuCrowd.Lookups)]
    public int ById() => _crowd.FindById();

    [Benchmark(OperationsPerInvoke = VcpuCrowd.Lookups)]
    public int BySparseId() => _sparse.FindById();

    [Benchmark]
    public int Iterate()
    {
        int visited = 0;
        foreach (Vcpu _ in _crowd.Machine.Vcpus)
            visited++;
        return visited;
    }

    [Benchmark]
    public VirtualMachine Create()
    {
        var machine = new VirtualMachine(new VirtualMachineOptions { MaxVcpus = Count, MaxVcpuIds = 4096 });
        for (uint id = 0; id < Count; id++)
            machine.Vcpus.Create(new VcpuId(id));
        machine.Dispose();
        return machine;
    }
}
