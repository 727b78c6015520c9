using System;
using System.Globalization;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

/// <summary>Random operations on the table and on <see cref="SecondStageModel"/>, compared step by step.</summary>
public class SecondStageModelTests
{
    const int Steps = 51_200;
    // The frames in play change now and then, so that few tables are there to be checked at each step.
    const int StepsPerScene = 256;
    // Keeps a step short: splits breed leaves.
    const int MostLeaves = 600;
    const int ManyLeaves = 100;
    const ulong Size2M = 512;
    const ulong Size1G = 512 * 512;

    static readonly ulong[] _anchors =
    [
        0, Size2M, 3 * Size2M, Size1G, 2 * Size1G, Size1G * 512, 1UL << 36, 1UL << 39, (1UL << 40) - Size1G, 1UL << 40,
    ];

    static readonly ulong[] _counts = [0, 1, 1, 2, 3, Size2M - 1, Size2M, Size2M + 1, Size1G - 1, Size1G, Size1G + 1];

    readonly SecondStageTable _table = new();
    readonly SecondStageModel _model = new();
    ulong _firstAnchor;
    ulong _secondAnchor;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_table_does_what_the_model_does(int run)
    {
        int seed = Environment.GetEnvironmentVariable("KVMSHARP_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture) + run - 1
            : run;
        Random random = new(seed);
        int step = 0;
        try
        {
            for (; step < Steps; step++)
                Step(random, step % StepsPerScene == 0);
        }
        catch (Exception failure)
        {
            Assert.Fail($"KVMSHARP_SEED={seed - run + 1}, run {run}, step {step}: {failure}");
        }

        _table.Zap(GfnRange.All);
        Assert.Equal(0, _table.TableCount);
    }

    void Step(Random random, bool sceneChanges)
    {
        if (sceneChanges)
        {
            _firstAnchor = _anchors[random.Next(_anchors.Length)];
            _secondAnchor = _anchors[random.Next(_anchors.Length)];
        }

        bool crowded = _model.Count > MostLeaves || (_model.Count > ManyLeaves && random.Next(12) == 0);
        if (sceneChanges || crowded)
            Assert.Equal(_model.Zap(GfnRange.All), _table.Zap(GfnRange.All));

        Gfn gfn = PickGfn(random);
        GfnRange range = PickRange(random, gfn);
        PageLevel level = (PageLevel)random.Next(1, 4);
        switch (random.Next(16))
        {
            case < 7:
                Map(random, gfn, level);
                break;
            case < 9:
                Assert.Equal(_model.Zap(range), _table.Zap(range));
                break;
            case 9:
                Assert.Equal(_model.WriteProtect(range, level), _table.WriteProtect(range, level));
                break;
            case 10 when range.Count < Size1G:
                Assert.Equal(_model.Split(Short(range), level), _table.Split(Short(range), level));
                break;
            case 11:
                Assert.Equal(_model.Age(range), _table.Age(range));
                break;
            case 12:
                Assert.Equal(_model.IsYoung(range), _table.IsYoung(range));
                break;
            case 13:
                Assert.Equal(_model.SetAccessed(gfn), _table.SetAccessed(gfn));
                break;
            case 14:
                Assert.Equal(_model.SetDirty(gfn), _table.SetDirty(gfn));
                break;
            default:
                Assert.Equal(_model.MappedPages, _table.MappedPages);
                if (random.Next(4) == 0)
                    Assert.True(_model.Leaves.SequenceEqual(_table.ListLeaves(GfnRange.All)), "the leaves differ");
                break;
        }

        CompareAt(gfn);
        CompareAt(PickGfn(random));
        _table.CheckInvariants();
    }

    void Map(Random random, Gfn gfn, PageLevel level)
    {
        if (gfn.Value >> SecondStageTable.GfnBits != 0)
            return;
        bool writable = random.Next(2) == 0;
        bool dirty = writable && random.Next(2) == 0;
        bool accessed = random.Next(2) == 0;
        Hva hva = new((gfn.Value << Page.Shift) + (1UL << 53));
        Assert.Equal(
            _model.Map(gfn, level, hva, writable, accessed, dirty),
            _table.Map(gfn, level, hva, writable, accessed, dirty));
    }

    void CompareAt(Gfn gfn)
    {
        Spte spte = _table.Walk(gfn, out PageLevel level);
        MappedLeaf? leaf = _model.Find(gfn);
        Assert.Equal((leaf?.Spte ?? default).Value, spte.Value);
        Assert.Equal((int)(leaf?.Level ?? PageLevel.None), (int)level);
        Spte? page = _table.FindLeafTable(gfn)?.Read(gfn);
        Assert.True(level == PageLevel.Page4K ? page == spte : page is null or { IsPresent: false });
    }

    Gfn PickGfn(Random random)
    {
        ulong anchor = random.Next(2) == 0 ? _firstAnchor : _secondAnchor;
        ulong offset = random.Next(4) switch
        {
            0 => 0,
            1 => (ulong)random.Next(4),
            2 => (ulong)random.Next((int)Size2M * 3),
            _ => Size2M * (ulong)random.Next(4),
        };
        return new Gfn(random.Next(2) == 0 || offset > anchor ? anchor + offset : anchor - offset);
    }

    static GfnRange PickRange(Random random, Gfn gfn) => random.Next(100) switch
    {
        0 => GfnRange.All,
        1 => new GfnRange(gfn, ulong.MaxValue - gfn.Value),
        2 => new GfnRange(default, gfn.Value),
        _ => new GfnRange(gfn, _counts[random.Next(_counts.Length)]),
    };

    static GfnRange Short(GfnRange range) => new(range.Start, Math.Min(range.Count, 3));
}
