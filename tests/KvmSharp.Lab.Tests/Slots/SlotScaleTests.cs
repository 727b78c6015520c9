using System;
using System.Linq;
using System.Threading;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots;
using KvmSharp.Lab.Slots.CopiedLists;
using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;
using KvmSharp.Tests.Machines;
using Xunit;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>The cases of <c>kvmsharp scale slots</c>, measured as shortly as can be.</summary>
[Collection(AloneCollection.Name)]
public sealed class SlotScaleTests
{
    static readonly SlotStoreDesign[] _stores =
    [
        FixedArrayStore.Design, GrowableArrayStore.Design, SortedArrayStore.Design, CopiedListStore.Design,
        TwinTreeStore.Design, SlotTrieStore.Design,
    ];

    static readonly SlotScale _subject = new(_stores, SlotTrieStore.Design);

    public static TheoryData<string> Operations => [.. _subject.Operations.Select(operation => operation.Name)];

    static ScaleCase[] Plan(string operation, params long[] counts) =>
        [.. _subject.Plan(new ScaleSelection([operation], _subject.Designs, counts))];

    static ScaleMeasure Measure(ScaleCase @case) =>
        @case.Measure(new ScaleClock(TimeSpan.FromMilliseconds(0.1), TimeSpan.Zero, CancellationToken.None));

    [Theory, MemberData(nameof(Operations))]
    public void Every_operation_is_measured_with_every_store(string operation)
    {
        foreach (ScaleCase @case in Plan(operation, 1, 70))
        {
            ScaleMeasure measure = Measure(@case);

            bool isSize = operation.StartsWith("bytes-", StringComparison.Ordinal);
            Assert.True(isSize ? measure.Bytes >= 0 : measure.Nanoseconds > 0, $"{@case}: {measure}");
            Assert.Equal(isSize, measure.Nanoseconds is null);
        }
    }

    [Fact]
    public void Designs_that_are_compared_stand_side_by_side()
    {
        ScaleCase[] cases = Plan("move", 1, 8);

        Assert.Equal(
            [.. _stores.Select(store => (1L, store.Name)), .. _stores.Select(store => (8L, store.Name))],
            cases.Select(@case => (@case.Count, @case.Design)));
    }

    [Fact]
    public void Readers_are_one_and_two() =>
        Assert.Equal([1, 2], Plan("read-while-writing", 8).Select(@case => @case.Variant.Threads!.Value).Distinct());

    [Fact]
    public void An_empty_store_is_weighed_once() => Assert.Equal(_stores.Length, Plan("bytes-empty", 1, 8, 64).Length);

    [Fact]
    public void What_a_move_copies_is_as_much_as_the_design_says()
    {
        double[] bytes = [.. Plan("bytes-copied", 1000).Select(@case => Measure(@case).Bytes!.Value)];

        // Elements of 64 bytes, of 88, of references 8; a table of 32,767 positions; two slot objects beside the set.
        const int Slots = 512;
        Assert.InRange(bytes[0], SlotLimits.TotalSlots * 64, (SlotLimits.TotalSlots * 64) + Slots);
        Assert.InRange(bytes[1], 1000 * 64, (1000 * 64) + (1024 * 4) + 128 + Slots);
        Assert.InRange(bytes[2], (1000 * 88) + 65534, (1000 * 88) + 65534 + Slots);
        Assert.InRange(bytes[3], 1000 * 8, (1000 * 8) + Slots);
        Assert.InRange(bytes[4], 1, 4 * Slots);
        Assert.InRange(bytes[5], 1, 4096);
    }

    [Fact]
    public void A_transaction_that_leaves_no_ids_free_is_made_with_fewer_slots()
    {
        ScaleCase last = Assert.Single(_subject.Plan(
            new ScaleSelection(["transaction-64"], [SlotTrieStore.Design.Name], [SlotLimits.UserSlots])));

        Assert.Equal("with 32700 slots, so that there are ids for more", Measure(last).Note);
    }

    [Fact]
    public void Published_figures_come_with_the_subject() => Assert.NotEmpty(_subject.PublishedFigures());
}
