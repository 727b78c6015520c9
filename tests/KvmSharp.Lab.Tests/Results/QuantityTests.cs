using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Results;

public class QuantityTests
{
    [Theory]
    [InlineData(0, "0.00 ns")]
    [InlineData(1.234, "1.23 ns")]
    [InlineData(9.996, "10.0 ns")]
    [InlineData(99.96, "100 ns")]
    [InlineData(999.4, "999 ns")]
    [InlineData(999.6, "1.00 µs")]
    [InlineData(12345, "12.3 µs")]
    [InlineData(999.6e3, "1.00 ms")]
    [InlineData(999.6e6, "1.00 s")]
    [InlineData(16.1e9, "16.1 s")]
    public void Times_have_three_digits_and_the_unit_that_fits(double nanoseconds, string text) =>
        Assert.Equal(text, Quantity.FormatTime(nanoseconds));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(65552, "65,552 B")]
    [InlineData(264.25, "264.3 B")]
    public void Sizes_are_whole_bytes_unless_they_are_averages(double bytes, string text) =>
        Assert.Equal(text, Quantity.FormatBytes(bytes));

    [Theory]
    [InlineData(2.314, "2.31")]
    [InlineData(148.4, "148")]
    [InlineData(12345, "12,345")]
    [InlineData(double.PositiveInfinity, "∞")]
    public void Ratios_have_three_digits(double ratio, string text) => Assert.Equal(text, Quantity.FormatRatio(ratio));
}
