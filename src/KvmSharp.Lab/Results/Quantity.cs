using System;
using System.Globalization;

namespace KvmSharp.Lab.Results;

/// <summary>Measured quantities in the unit that fits them.</summary>
public static class Quantity
{
    /// <summary>A time with three significant digits and its unit: <c>12.3 µs</c>.</summary>
    /// <param name="nanoseconds">Nanoseconds, not negative.</param>
    public static string FormatTime(double nanoseconds) => nanoseconds switch
    {
        < 999.5 => Significant(nanoseconds) + " ns",
        < 999.5e3 => Significant(nanoseconds / 1e3) + " µs",
        < 999.5e6 => Significant(nanoseconds / 1e6) + " ms",
        _ => Significant(nanoseconds / 1e9) + " s",
    };

    /// <summary>A size in bytes, whole unless it is an average.</summary>
    public static string FormatBytes(double bytes) =>
        bytes.ToString(bytes == Math.Floor(bytes) ? "#,0" : "#,0.0", CultureInfo.InvariantCulture) + " B";

    /// <summary>A cost in the unit that fits it.</summary>
    public static string Format(double cost, CostUnit unit) => unit switch
    {
        CostUnit.Nanoseconds => FormatTime(cost),
        CostUnit.Bytes => FormatBytes(cost),
        _ => cost.ToString("#,0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>A ratio with three significant digits: <c>2.31</c>, <c>148</c>.</summary>
    public static string FormatRatio(double ratio) => double.IsFinite(ratio) ? Significant(ratio) : "∞";

    static string Significant(double value)
    {
        string format = value switch { < 9.995 => "0.00", < 99.95 => "0.0", _ => "#,0" };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }
}
