using System.Globalization;
using KvmSharp.Lab.Reports.Record;
using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class RecordTests
{
    [Fact]
    public void Every_published_improvement_follows_from_its_times()
    {
        // The times were rounded to three digits for the table, the percentages before.
        const int Rounding = 1;
        Assert.Equal(36, ScalableMemslots.Rows.Count);
        Assert.All(ScalableMemslots.Rows, row =>
        {
            int published = row.Improvement == "None" ? 0 : int.Parse(row.Improvement.TrimEnd('%'), CultureInfo.InvariantCulture);
            int computed = Duration.Improvement(Seconds(row.Before), Seconds(row.After));

            Assert.InRange(computed, published - Rounding, published + Rounding);
        });
    }

    static double Seconds(string text) => double.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture);
}
