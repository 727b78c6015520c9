using System;
using System.Globalization;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>Round values as an axis shows them: no more digits than they have.</summary>
static class AxisText
{
    static readonly string[] _timeUnits = ["ns", "µs", "ms", "s"];
    static readonly string[] _byteUnits = ["B", "kB", "MB", "GB", "TB"];

    static readonly string[] _binaryUnits = ["", "Ki", "Mi", "Gi"];
    static readonly string[] _countUnits = ["", "k", "M", "G"];

    /// <summary>How an axis writes costs of a unit.</summary>
    internal static Func<double, string> Of(CostUnit unit)
    {
        string[] units = unit switch
        {
            CostUnit.Nanoseconds => _timeUnits,
            CostUnit.Bytes => _byteUnits,
            _ => _countUnits,
        };
        return value => Scaled(value, units);
    }

    /// <summary>A count; a great one in the binary unit that leaves no fraction.</summary>
    internal static string Count(double count)
    {
        const double Great = 65536;
        int unit = 0;
        if (count >= Great)
        {
            for (; count >= 1024 && count % 1024 == 0 && unit < _binaryUnits.Length - 1; unit++)
                count /= 1024;
        }
        return $"{count.ToString("0", CultureInfo.InvariantCulture)} {_binaryUnits[unit]}".TrimEnd();
    }

    static string Scaled(double value, string[] units)
    {
        int unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
            value /= 1000;
        return $"{Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture)} {units[unit]}".TrimEnd();
    }
}
