using BenchmarkDotNet.Attributes;
using KvmSharp.DirtyLog;

namespace KvmSharp.Benchmarks.DirtyLog;

/// <summary>Marking in the bitmap of a slot, and finding what is marked.</summary>
[MemoryDiagnoser]
public class DirtyBitmapBenchmarks
{
    const ulong PagesPerWord = 64;
    const ulong Marked = 10;

    DirtyBitmap _bitmap = new(1, initiallySet: false);
    ulong _word;

    /// <summary>1 GiB, 64 GiB and 1 TiB.</summary>
    [Params(1UL << 18, 1UL << 24, 1UL << 28)]
    public ulong Pages { get; set; }

    [GlobalSetup]
    public void SetUp() => _bitmap = new DirtyBitmap(Pages, initiallySet: false);

    [Benchmark(Baseline = true)]
    public void MarkOnePage() => _bitmap.Mark(NextWord() * PagesPerWord);

    [Benchmark]
    public void Mark64Pages() => _bitmap.MarkRange(NextWord() * PagesPerWord, PagesPerWord);

    [Benchmark]
    public void MarkTenPagesAndDrain()
    {
        ulong stride = Pages / Marked;
        for (ulong page = 0; page < Marked; page++)
            _bitmap.Mark(page * stride);
        var nothing = new Nothing();
        _bitmap.Drain(ref nothing);
    }

    ulong NextWord() => _word = (_word + 1) & 0x3FF;

    readonly struct Nothing : IDirtySink
    {
        public void AddWord(ulong firstPage, ulong bits)
        {
        }

        public void AddRun(ulong firstPage, ulong count)
        {
        }
    }
}
