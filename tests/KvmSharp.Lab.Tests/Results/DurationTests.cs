using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Results;

public class DurationTests
{
    [Theory]
    [InlineData(0.0232, "0.0232s")]
    [InlineData(0.000869, "0.000869s")]
    [InlineData(0.0000792, "0.0000792s")]
    [InlineData(0.00000079249, "0.000000792s")]
    [InlineData(3.88, "3.88s")]
    [InlineData(16.1, "16.1s")]
    [InlineData(0.59, "0.590s")]
    [InlineData(0.2, "0.200s")]
    [InlineData(0.001, "0.00100s")]
    [InlineData(0.00099949, "0.000999s")]
    [InlineData(0.0009996, "0.00100s")]
    [InlineData(9.996, "10.0s")]
    [InlineData(123.4, "123s")]
    [InlineData(1234, "1234s")]
    [InlineData(0, "0s")]
    public void Times_have_three_digits_that_count(double seconds, string text) =>
        Assert.Equal(text, Duration.Format(seconds));

    // Rows of the record.
    [Theory]
    [InlineData(0.0724, 0.0315, " 56%")]
    [InlineData(0.0232, 0.0223, "  4%")]
    [InlineData(0.0195, 0.0191, "None")]
    [InlineData(0.000348, 0.000351, "None")]
    [InlineData(3.88, 0.0351, " 99%")]
    [InlineData(1, 1.5, "-50%")]
    public void Improvements_are_percents_of_the_time_before(double before, double after, string text) =>
        Assert.Equal(text, Duration.FormatImprovement(Duration.Improvement(before, after)));
}
