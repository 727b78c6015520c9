using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>Guest accesses in guest mode.</summary>
[MemoryDiagnoser]
public class GuestMemoryBenchmarks
{
    const int Accesses = 1024;
    const int CacheLine = 64;

    readonly byte[] _line = new byte[CacheLine];
    readonly byte[] _page = new byte[Page.Size];
    Guest _hits = null!;
    Guest _misses = null!;
    Guest _largeMisses = null!;
    Gpa[] _order = [];
    Gpa[] _largeOrder = [];

    [GlobalSetup]
    public void SetUp()
    {
        _hits = new Guest(PageLevel.Page4K, pages: 1);
        _misses = new Guest(PageLevel.Page4K, Guest.PagesThatMiss);
        _largeMisses = new Guest(PageLevel.Page2M, Guest.PagesThatMiss);
        _order = _misses.AddressesThatMiss(inOrder: false);
        _largeOrder = _largeMisses.AddressesThatMiss(inOrder: false);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _hits.Dispose();
        _misses.Dispose();
        _largeMisses.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    public ulong HitRead() => _hits.ReadOnePage(Accesses);

    [Benchmark(OperationsPerInvoke = Accesses)]
    public void HitWrite() => _hits.WriteOnePage(Accesses);

    [Benchmark(OperationsPerInvoke = Guest.PagesThatMiss)]
    public ulong MissWithSmallLeaf() => _misses.Read(_order);

    [Benchmark(OperationsPerInvoke = Guest.PagesThatMiss)]
    public ulong MissWithLargeLeaf() => _largeMisses.Read(_largeOrder);

    [Benchmark(OperationsPerInvoke = Accesses)]
    public ulong HitAdd()
    {
        GuestMemory memory = _hits.Memory;
        ulong sum = 0;
        for (int index = 0; index < Accesses; index++)
        {
            memory.TryAdd(_hits.Start, 1UL, out ulong before);
            sum += before;
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Accesses)]
    public ulong HitCompareExchange()
    {
        GuestMemory memory = _hits.Memory;
        ulong sum = 0;
        for (int index = 0; index < Accesses; index++)
        {
            memory.TryCompareExchange(_hits.Start, 1UL, 0UL, out ulong before);
            sum += before;
        }
        return sum;
    }

    [Benchmark]
    public bool CopyCacheLine() => _hits.Memory.TryRead(_hits.Start, _line, out _);

    [Benchmark]
    public bool CopyPage() => _hits.Memory.TryRead(_hits.Start, _page, out _);
}
