using System;
using System.Linq;
using KvmSharp.Lab.Reports.Charts;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class LogAxisTests
{
    [Fact]
    public void Equal_factors_are_equal_lengths()
    {
        LogAxis axis = LogAxis.Exact([1, 10, 1000], 0, 300);

        Assert.Equal([0.0, 100, 200, 300], ((double[])[1, 10, 100, 1000]).Select(axis.Place).Select(place => Math.Round(place, 9)));
    }

    [Fact]
    public void A_round_axis_ends_at_round_values()
    {
        LogAxis axis = LogAxis.Round([3.1, 420], 200, 0);

        Assert.Equal((200.0, 0.0), (Math.Round(axis.Place(2), 9), Math.Round(axis.Place(500), 9)));
        Assert.Equal([10.0, 100], axis.Ticks());
    }

    [Theory]
    [InlineData(3, 40, "2,5,10,20,50")]
    [InlineData(1.1, 1.9, "1,1.2,1.5,2")]
    [InlineData(5, 5, "2.5,3,4,5,6,8,10")]
    [InlineData(1, 1e9, "1,100,10000,1000000,100000000")]
    public void Ticks_are_few_and_round(double low, double high, string ticks) => Assert.Equal(
        ticks,
        string.Join(',', LogAxis.Round([low, high], 0, 1).Ticks().Select(tick => Math.Round(tick, 9).ToString(System.Globalization.CultureInfo.InvariantCulture))));

    [Fact]
    public void Zero_has_a_place_before_everything_else()
    {
        LogAxis axis = LogAxis.Round([0, 10, 1000], 200, 0);

        Assert.True(axis.HasZero);
        Assert.Equal(200, axis.Place(0));
        Assert.Equal(182, axis.Place(10), 9);
    }

    [Fact]
    public void An_axis_of_zeros_alone_is_an_axis()
    {
        LogAxis axis = LogAxis.Round([0], 200, 0);

        Assert.Equal(200, axis.Place(0));
        Assert.All(axis.Ticks(), tick => Assert.True(double.IsFinite(axis.Place(tick))));
    }
}
