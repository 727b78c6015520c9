using KvmSharp.Lab.Reports.Charts;
using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class AxisTextTests
{
    [Theory]
    [InlineData(CostUnit.Nanoseconds, 0.5, "0.5 ns")]
    [InlineData(CostUnit.Nanoseconds, 1000, "1 µs")]
    [InlineData(CostUnit.Nanoseconds, 2e10, "20 s")]
    [InlineData(CostUnit.Bytes, 500, "500 B")]
    [InlineData(CostUnit.Bytes, 1e6, "1 MB")]
    [InlineData(CostUnit.Comparisons, 50, "50")]
    [InlineData(CostUnit.Comparisons, 1e5, "100 k")]
    public void Costs_have_the_unit_that_fits(CostUnit unit, double cost, string text) => Assert.Equal(text, AxisText.Of(unit)(cost));

    [Theory]
    [InlineData(1, "1")]
    [InlineData(1024, "1024")]
    [InlineData(32764, "32764")]
    [InlineData(65537, "65537")]
    [InlineData(262144, "256 Ki")]
    [InlineData(268435456, "256 Mi")]
    public void Great_counts_are_shortened_where_nothing_is_lost(double count, string text) => Assert.Equal(text, AxisText.Count(count));
}
