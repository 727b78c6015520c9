using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;

namespace KvmSharp.Benchmarks.HostMemory;

/// <summary>A balloon's work: pages given back to the host, one by one or in a batch. The pages are never touched.</summary>
[MemoryDiagnoser]
public class DiscardBenchmarks
{
    const int Pages = 256;

    readonly HostExtent[] _neighbours = new HostExtent[Pages];
    readonly HostExtent[] _apart = new HostExtent[Pages];
    AnonymousMemory _memory = null!;
    VirtualMachine _machine = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create(2 * Pages * Page.Size);
        _machine = new VirtualMachine();
        _machine.Slots.Add(new Gpa(0), _memory);
        for (int page = 0; page < Pages; page++)
        {
            _neighbours[page] = new HostExtent(_memory, (ulong)page * Page.Size, Page.Size);
            _apart[page] = new HostExtent(_memory, 2 * (ulong)page * Page.Size, Page.Size);
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void OnePage() => _memory.Discard(0, Page.Size);

    [Benchmark(OperationsPerInvoke = Pages)]
    public void BatchOfNeighbours() => HostMapping.Discard(_neighbours);

    [Benchmark(OperationsPerInvoke = Pages)]
    public void BatchOfPagesApart() => HostMapping.Discard(_apart);
}
