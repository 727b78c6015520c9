using System;
using System.Globalization;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>Round values as an axis shows them: no more digits than they have.</summary>
static class AxisText
{
    static readonly string[] _timeUnits = ["ns", "µs", "ms", "s"];
    static readonly string[] _byteUnits = ["B", "kB", "MB", "GB", "TB"];

    internal static string Time(double nanoseconds) => Scaled(nanoseconds, _timeUnits);

    internal static string Bytes(double bytes) => Scaled(bytes, _byteUnits);

    static string Scaled(double value, string[] units)
    {
        int unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
            value /= 1000;
        return $"{Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
