using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Vcpus;
using Xunit;

namespace KvmSharp.Lab.Tests.Vcpus;

/// <summary>What <c>scale vcpus</c> measures, and the sizes that need no clock.</summary>
public sealed class VcpuScaleTests
{
    const int PointerBytes = 8;

    readonly VcpuScale _scale = new(VcpuStores.All, VcpuStores.Default);

    static ScaleMeasure Measure(ScaleCase @case) =>
        @case.Measure(new ScaleClock(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, CancellationToken.None));

    IEnumerable<ScaleCase> Plan(string operation, params long[] counts) =>
        _scale.Plan(new ScaleSelection([operation], _scale.Designs, counts));

    double DefaultBytes(string operation, int count) =>
        Measure(Plan(operation, count).Single(@case => @case.Design == _scale.DefaultDesign)).Bytes!.Value;

    [Fact]
    public void Every_operation_comes_to_something()
    {
        foreach (ScaleOperation operation in _scale.Operations)
        {
            // So many threads as can be flushed in no time, and as many vCPUs as can be added while others look.
            ScaleCase @case = Plan(operation.Name, 4, 64).First();
            ScaleMeasure measure = Measure(@case);
            Assert.True(measure.Samples >= 1 || measure.Bytes > 0, $"{operation.Name} of {@case.Design}");
        }
    }

    [Fact]
    public void Every_store_can_be_looked_into_and_measured()
    {
        foreach (ScaleCase @case in Plan("lookup-id", 3).Concat(Plan("iterate", 3)).Concat(Plan("create", 3)))
            Assert.True(Measure(@case).Samples >= 1, $"{@case.Operation} of {@case.Design}");
        foreach (ScaleCase @case in Plan("bytes", 3))
            Assert.InRange(Measure(@case).Bytes!.Value, 3 * PointerBytes, 1025 * PointerBytes + 48);
    }

    [Fact]
    public void A_store_is_not_asked_for_more_than_it_can_keep()
    {
        Assert.Equal(_scale.Designs, Plan("create", 512).Select(@case => @case.Design));
        Assert.Equal(_scale.Designs.Skip(1), Plan("create", 513).Select(@case => @case.Design));
        Assert.Equal(_scale.Designs.Skip(2), Plan("create", 1025).Select(@case => @case.Design));
    }

    [Fact]
    public void Vcpus_are_added_while_one_thread_looks_and_while_two_do() =>
        Assert.Equal([1, 2], Plan("hot-add", 2, 64).Select(@case => @case.Variant.Threads!.Value).Distinct());

    [Fact]
    public void As_many_threads_are_flushed_as_can_sensibly_be_started() =>
        Assert.Equal([1, 64], Plan("flush", 1, 64, 65, 4096).Select(@case => @case.Count).Distinct());

    [Fact]
    public void The_spread_of_the_flushes_is_told()
    {
        ScaleMeasure measure = Measure(Plan("flush", 4).First());

        Assert.Contains("4 vCPU threads", measure.Note, StringComparison.Ordinal);
        Assert.Contains("99 %", measure.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_store_takes_at_most_100_bytes_for_one_vcpu() =>
        Assert.InRange(DefaultBytes("bytes", 1), 1, 100);

    [Theory]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(67)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1024)]
    [InlineData(4096)]
    public void From_65_vcpus_on_the_default_store_takes_at_most_a_fifth_more_than_an_array_of_the_exact_size(int count) =>
        Assert.InRange(DefaultBytes("bytes", count), count * PointerBytes, count * PointerBytes * 1.2);

    // As they were published for KVM: 8 bytes for each entry of an array, 576 for each node of 64 entries.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 576)]
    [InlineData(64, 576)]
    [InlineData(65, 1728)]
    [InlineData(128, 1728)]
    [InlineData(288, 3456)]
    [InlineData(512, 5184)]
    [InlineData(1024, 9792)]
    public void The_published_sizes_of_the_xarray_follow_from_its_nodes(int count, int bytes)
    {
        PublishedFigure figure = _scale.PublishedFigures().Single(figure => figure.What == $"xarray, {count} vCPU{(count == 1 ? "" : "s")}");

        Assert.Equal(bytes, figure.Published);
        // Nodes here are a little smaller; the object that holds the root is counted in.
        Assert.InRange(figure.Computed!.Value, bytes * 0.9, bytes + 32);
    }

    [Fact]
    public void Arrays_take_here_what_was_published_and_their_heads()
    {
        PublishedFigure[] arrays =
            [.. _scale.PublishedFigures().Where(figure => figure.What.StartsWith("array", StringComparison.Ordinal))];

        Assert.Equal([4096, 8192, 2304], arrays.Take(3).Select(figure => (int)figure.Published!.Value));
        Assert.All(arrays, figure => Assert.Equal(figure.Published + 48, figure.Computed));
    }
}
