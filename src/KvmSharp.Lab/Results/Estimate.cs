using System;

namespace KvmSharp.Lab.Results;

/// <summary>A measured value and how far it can be trusted.</summary>
/// <param name="Value">Nanoseconds, bytes or comparisons.</param>
/// <param name="Low">The lower end of what repeating the measurement would find.</param>
/// <param name="High">The upper end.</param>
/// <param name="Tolerance">The share of the value that two runs on one machine may differ by for no reason.</param>
public readonly record struct Estimate(double Value, double Low, double High, double Tolerance)
{
    /// <summary>Processors change their clock, and machines their mood, by this much.</summary>
    public const double TimeTolerance = 0.05;

    /// <summary>Bytes and comparisons are counted, but some are averages.</summary>
    public const double CountTolerance = 0.01;

    // How far one iteration of a perf test strays from the mean: most do by less, those that meet an interrupt by more.
    const double StrayOfOneIteration = 0.5;

    /// <summary>A median with its quartiles.</summary>
    public static Estimate OfQuartiles(double median, double low, double high) => new(median, low, high, TimeTolerance);

    /// <summary>A mean of iterations that were not written down one by one: the more there are, the surer it is.</summary>
    public static Estimate OfMean(double mean, long iterations)
    {
        double margin = mean * StrayOfOneIteration / Math.Sqrt(iterations);
        return new Estimate(mean, Math.Max(0, mean - margin), mean + margin, TimeTolerance);
    }

    /// <summary>What was counted rather than timed.</summary>
    public static Estimate OfCount(double count) => new(count, count, count, CountTolerance);

    /// <summary>
    /// Whether this value is less than, or greater than, another beyond doubt: the ranges do not meet, and the values differ
    /// by more than the tolerance. Negative when it is less, positive when it is greater, and otherwise zero.
    /// </summary>
    public int CompareBeyondNoise(Estimate other)
    {
        if (High < other.Low && Value < other.Value * (1 - Tolerance))
            return -1;
        return Low > other.High && Value * (1 - Tolerance) > other.Value ? 1 : 0;
    }
}
