using System;
using System.Globalization;

namespace KvmSharp.Lab.Results;

/// <summary>Times and their comparison, as record tables show them.</summary>
public static class Duration
{
    const int Digits = 3;

    // Differences up to this many percent are noise.
    const int Noise = 2;

    /// <summary>Seconds with three significant digits, never in powers of ten: <c>0.0000792s</c>.</summary>
    public static string Format(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds <= 0)
            return "0s";
        int exponent = (int)Math.Floor(Math.Log10(seconds));
        double unit = Math.Pow(10, exponent - Digits + 1);
        // Rounding may carry into a digit more.
        if (Math.Round(seconds / unit) >= Math.Pow(10, Digits))
            exponent++;
        int decimals = Math.Max(0, Digits - 1 - exponent);
        return seconds.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + 's';
    }

    /// <summary>How much less time it takes after than before, in percent; zero within the noise.</summary>
    public static int Improvement(double before, double after)
    {
        int percent = (int)Math.Round((before - after) / before * 100, MidpointRounding.AwayFromZero);
        return Math.Abs(percent) <= Noise ? 0 : percent;
    }

    /// <summary>An improvement in words: <c>56%</c>, or <c>None</c>.</summary>
    public static string FormatImprovement(int percent) =>
        percent == 0 ? "None" : string.Create(CultureInfo.InvariantCulture, $"{percent,3}%");
}
