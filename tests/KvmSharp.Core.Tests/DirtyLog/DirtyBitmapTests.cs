using System;
using System.Collections.Generic;
using KvmSharp.DirtyLog;
using KvmSharp.Tests.Slots;
using Xunit;
using Xunit.Sdk;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>The bitmap by itself: what it says, what it costs, and its summaries against a plain array.</summary>
public sealed class DirtyBitmapTests
{
    const ulong PagesPerGiB = 1UL << 18;
    const ulong PagesPerTiB = 1UL << 28;

    [Fact]
    public void A_gigabyte_that_nobody_writes_takes_no_bitmap()
    {
        var bitmap = new DirtyBitmap(PagesPerGiB, initiallySet: false);

        Assert.Equal(0, bitmap.Bytes);
        Assert.Equal(0UL, bitmap.MarkedCount);
    }

    [Fact]
    public void A_terabyte_that_is_dirty_from_the_start_takes_a_reference_for_each_chunk()
    {
        var bitmap = new DirtyBitmap(PagesPerTiB, initiallySet: true);

        Assert.Equal(PagesPerTiB, bitmap.MarkedCount);
        Assert.InRange(bitmap.Bytes, 1, 80 << 10);
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(63UL)]
    [InlineData(64UL)]
    [InlineData(65UL)]
    [InlineData(32768UL)]
    [InlineData(32769UL)]
    [InlineData(100_000UL)]
    public void Every_page_is_dirty_from_the_start_and_no_other(ulong pages)
    {
        var bitmap = new DirtyBitmap(pages, initiallySet: true);

        Assert.Equal(pages, bitmap.MarkedCount);
        Assert.Equal([(0UL, pages)], Runs(bitmap));
        var drained = new Collector(pages);
        bitmap.Drain(ref drained);
        Assert.Equal([(0UL, pages)], drained.Runs());
        Assert.Equal(0UL, bitmap.MarkedCount);
    }

    [Fact]
    public void A_mark_beyond_the_end_is_refused()
    {
        var bitmap = new DirtyBitmap(100, initiallySet: false);

        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.Mark(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.IsMarked(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.MarkRange(99, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.MarkRange(ulong.MaxValue, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DirtyBitmap(0, initiallySet: false));
        Assert.Equal(0UL, bitmap.MarkedCount);
    }

    [Fact]
    public void Runs_join_over_words_and_chunks()
    {
        var bitmap = new DirtyBitmap(100_000, initiallySet: false);

        bitmap.MarkRange(10, 1);
        bitmap.MarkRange(62, 4);
        bitmap.MarkRange(32_000, 40_000);
        bitmap.Mark(99_999);

        Assert.Equal([(10UL, 1UL), (62UL, 4UL), (32_000UL, 40_000UL), (99_999UL, 1UL)], Runs(bitmap));
    }

    [Fact]
    public void Taking_a_bit_of_a_full_chunk_leaves_the_others()
    {
        var bitmap = new DirtyBitmap(40_000, initiallySet: true);

        Assert.Equal(0b101UL, bitmap.Take(1, 0b101));

        Assert.Equal(39_998UL, bitmap.MarkedCount);
        Assert.False(bitmap.IsMarked(64));
        Assert.True(bitmap.IsMarked(65));
        Assert.False(bitmap.IsMarked(66));
        Assert.Equal(0UL, bitmap.Take(1, 0b101));
        Assert.Equal([(0UL, 64UL), (65UL, 1UL), (67UL, 39_933UL)], Runs(bitmap));
    }

    [Fact]
    public void Draining_again_and_again_makes_no_garbage()
    {
        var bitmap = new DirtyBitmap(PagesPerGiB, initiallySet: false);
        var drained = new Collector(PagesPerGiB);
        Mark();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
            Mark();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Mark()
        {
            bitmap.Mark(5);
            bitmap.MarkRange(200_000, 300);
            bitmap.Drain(ref drained);
        }
    }

    [Fact]
    public void It_says_what_a_plain_array_says()
    {
        int seed = SlotModelRun.PickSeed();
        var random = new Random(seed);
        try
        {
            for (int run = 0; run < 40; run++)
                RunModel(random);
        }
        catch (Exception exception)
        {
            throw new XunitException($"replay with {SlotModelRun.SeedVariable}={seed}: {exception.Message}", exception);
        }
    }

    static void RunModel(Random random)
    {
        ulong[] sizes = [1, 64, 65, 200, 32_768, 32_769, 70_000];
        ulong pages = sizes[random.Next(sizes.Length)];
        bool set = random.Next(3) == 0;
        var bitmap = new DirtyBitmap(pages, set);
        bool[] model = new bool[pages];
        Array.Fill(model, set);
        for (int step = 0; step < 200; step++)
        {
            ulong page = (ulong)random.NextInt64((long)pages);
            switch (random.Next(8))
            {
                case < 3:
                    bitmap.Mark(page);
                    model[page] = true;
                    break;
                case < 5:
                    ulong count = Math.Min((ulong)random.Next(200), pages - page);
                    bitmap.MarkRange(page, count);
                    Array.Fill(model, true, (int)page, (int)count);
                    break;
                case < 7:
                    ulong mask = (ulong)random.NextInt64() | ((ulong)random.Next(2) << 63);
                    ulong taken = bitmap.Take((int)(page / 64), mask);
                    ulong expected = 0;
                    for (int bit = 0; bit < 64 && (page & ~63UL) + (ulong)bit < pages; bit++)
                    {
                        ref bool marked = ref model[(page & ~63UL) + (ulong)bit];
                        if (marked && (mask >> bit & 1) != 0)
                        {
                            expected |= 1UL << bit;
                            marked = false;
                        }
                    }
                    Assert.Equal(expected, taken);
                    break;
                default:
                    var drained = new Collector(pages);
                    bitmap.Drain(ref drained);
                    Assert.Equal(RunsOf(model), drained.Runs());
                    Array.Clear(model);
                    Assert.True(bitmap.IsEmpty);
                    break;
            }
            Assert.Equal(RunsOf(model), Runs(bitmap));
            Assert.Equal(model[page], bitmap.IsMarked(page));
        }
        var copy = new DirtyBitmap(pages, initiallySet: false);
        copy.Add(bitmap);
        Assert.Equal(RunsOf(model), Runs(copy));
    }

    static List<(ulong, ulong)> Runs(DirtyBitmap bitmap)
    {
        List<(ulong, ulong)> runs = [];
        foreach ((ulong first, ulong count) in bitmap.Runs)
            runs.Add((first, count));
        return runs;
    }

    static List<(ulong, ulong)> RunsOf(bool[] model)
    {
        List<(ulong, ulong)> runs = [];
        for (int page = 0; page < model.Length; page++)
        {
            int start = page;
            while (page < model.Length && model[page])
                page++;
            if (page > start)
                runs.Add(((ulong)start, (ulong)(page - start)));
        }
        return runs;
    }

    readonly struct Collector(ulong pages) : IDirtySink
    {
        readonly bool[] _marked = new bool[pages];

        public void AddWord(ulong firstPage, ulong bits)
        {
            for (int bit = 0; bit < 64; bit++)
            {
                if ((bits >> bit & 1) != 0)
                    _marked[firstPage + (ulong)bit] = true;
            }
        }

        public void AddRun(ulong firstPage, ulong count) => Array.Fill(_marked, true, (int)firstPage, (int)count);

        public List<(ulong, ulong)> Runs() => RunsOf(_marked);
    }
}
