using System.Linq;
using KvmSharp.Lab.Reports.Charts;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class SeriesStyleTests
{
    [Fact]
    public void Sixteen_lines_can_be_told_apart_with_and_without_colours()
    {
        string[] marks =
        [
            .. Enumerable.Range(0, 16).Select(style => SeriesStyle.Mark(style, 0, 0))
                .Select(mark => $"{mark.Attribute("d")!.Value} {mark.Attribute("class")!.Value.Contains("second", System.StringComparison.Ordinal)}"),
        ];

        Assert.Equal(16, marks.Distinct().Count());
        Assert.Equal(16, Enumerable.Range(0, 16).Select(SeriesStyle.ColorClass).Distinct().Count());
    }
}
