using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;

namespace KvmSharp.Benchmarks.SecondStage;

/// <summary>Walking, mapping and zapping.</summary>
[MemoryDiagnoser]
public class SecondStageBenchmarks
{
    const int Pages = 4096;
    const ulong Host = 0x7F00_0000_0000;

    readonly SecondStageTable _small = new();
    readonly SecondStageTable _large = new();
    readonly SecondStageTable _scratch = new();

    [GlobalSetup]
    public void SetUp()
    {
        Fill(_small);
        for (ulong gfn = 0; gfn < Pages; gfn += PageLevel.Page2M.PageCount)
            _large.Map(new Gfn(gfn), PageLevel.Page2M, new Hva(Host + (gfn * Page.Size)), writable: true);
        // One page keeps the tables of the scratch space.
        _scratch.Map(new Gfn(0), PageLevel.Page4K, new Hva(Host), writable: true);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Pages)]
    public ulong WalkSmallLeaves() => Walk(_small);

    [Benchmark(OperationsPerInvoke = Pages)]
    public ulong WalkLargeLeaves() => Walk(_large);

    [Benchmark(OperationsPerInvoke = Pages)]
    public ulong MapAndZapPages()
    {
        var table = new SecondStageTable();
        Fill(table);
        return table.Zap(new GfnRange(new Gfn(0), Pages));
    }

    [Benchmark]
    public ulong MapAndZapOnePage()
    {
        _scratch.Map(new Gfn(1), PageLevel.Page4K, new Hva(Host + Page.Size), writable: true);
        return _scratch.Zap(new GfnRange(new Gfn(1), 1));
    }

    static void Fill(SecondStageTable table)
    {
        for (ulong gfn = 0; gfn < Pages; gfn++)
            table.Map(new Gfn(gfn), PageLevel.Page4K, new Hva(Host + (gfn * Page.Size)), writable: true);
    }

    static ulong Walk(SecondStageTable table)
    {
        ulong sum = 0;
        for (ulong gfn = 0; gfn < Pages; gfn++)
            sum += table.Walk(new Gfn(gfn), out PageLevel level).IsPresent ? (ulong)level : 0;
        return sum;
    }
}
