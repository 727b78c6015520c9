using System;
using System.Linq;
using KvmSharp.Lab.Reports.Charts;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class LabelStackTests
{
    [Fact]
    public void Labels_with_room_stay_where_they_are() =>
        Assert.Equal([10.0, 90, 50], LabelStack.Spread([10, 90, 50], 12, 0, 100));

    [Fact]
    public void Labels_in_one_place_make_room_for_each_other_and_stay_inside()
    {
        double[] places = LabelStack.Spread([95, 95, 95, 2, 1], 10, 0, 100);

        Assert.Equal([80.0, 90, 100, 11, 1], places);
    }

    [Fact]
    public void Too_many_labels_keep_their_distance_all_the_same()
    {
        double[] places = LabelStack.Spread([.. Enumerable.Repeat(50.0, 20)], 10, 0, 100);

        double[] sorted = [.. places.Order()];
        Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 10 - 1e-9));
        Assert.Equal(0, sorted[0], 9);
    }

    [Fact]
    public void Whatever_is_wanted_no_two_labels_meet()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        for (int round = 0; round < 200; round++)
        {
            double[] wanted = [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => random.NextDouble() * 100)];
            double[] sorted = [.. LabelStack.Spread(wanted, 12, 0, 100).Order()];

            Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 12 - 1e-9, $"seed {Seed}, round {round}"));
            Assert.InRange(sorted[0], -1e-9, 100);
            Assert.InRange(sorted[^1], 0, 100 + 1e-9);
        }
    }
}
