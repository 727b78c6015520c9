using System;
using System.Linq;
using System.Threading;
using KvmSharp.Lab.HyperV;
using KvmSharp.Lab.Scale;
using Xunit;

namespace KvmSharp.Lab.Tests.HyperV;

/// <summary>What the figures of <c>scale vp-index</c> are figures of.</summary>
public sealed class VpScaleTests
{
    readonly VpScale _subject = new();

    ScaleMeasure Measure(string operation, string design, int count, bool shuffled, int? set = null)
    {
        ScaleCase one = _subject.Plan(new ScaleSelection([operation], [design], [count]))
            .Single(one => one.Variant == new ScaleVariant(shuffled, set));
        return one.Measure(new ScaleClock(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, CancellationToken.None));
    }

    [Theory]
    [InlineData("identity-scan", 16_384)]
    [InlineData("walk-all", 128)]
    [InlineData("max-array", 128)]
    [InlineData("sorted-array", 1024)]
    [InlineData("banks", 0)]
    public void A_set_of_128_of_128_shuffled_takes_so_many_comparisons(string design, long comparisons) =>
        Assert.Equal(comparisons, Measure("comparisons", design, 128, shuffled: true, 128).Comparisons);

    [Fact]
    public void Banks_look_up_half_of_the_vcpus_at_most()
    {
        foreach (int set in (int[])[1, 8, 64, 128, 512, 1024])
            Assert.InRange(Measure("comparisons", "banks", 1024, shuffled: true, set).Comparisons!.Value, 0, 512);
        Assert.Equal(0, Measure("comparisons", "banks", 1024, shuffled: false, 512).Comparisons);
    }

    [Theory]
    [InlineData("max-array", 4096, 4096)]
    [InlineData("sorted-array", 8000, 8192)]
    [InlineData("banks", 4200, 6000)]
    public void Bytes_are_those_of_the_objects(string design, double least, double most) =>
        Assert.InRange(Measure("bytes", design, 1024, shuffled: true).Bytes!.Value, least, most + 100);

    [Theory]
    [InlineData("translate-set", 8)]
    [InlineData("lookup-vp", null)]
    public void Every_design_is_timed(string operation, int? set)
    {
        foreach (string design in _subject.Designs)
            Assert.True(Measure(operation, design, 16, shuffled: true, set).Nanoseconds > 0);
    }

    [Fact]
    public void Sets_are_no_larger_than_the_machine() => Assert.DoesNotContain(
        _subject.Plan(new ScaleSelection(["translate-set"], ["banks"], [100])), one => one.Variant.Set > 100);
}
