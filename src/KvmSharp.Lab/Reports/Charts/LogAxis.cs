using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>
/// A logarithmic scale along a line of a picture. Zero, which has no logarithm, gets a place of its own before it.
/// </summary>
sealed class LogAxis
{
    // Where fewer decades than this are in sight, steps of 1, 2 and 5 are marked; where hardly one is, finer ones.
    const double FewDecades = 2;
    const double PartOfADecade = 0.7;
    const int MostDecadeTicks = 7;
    const double ZeroBand = 18;

    static readonly double[] _steps = [1, 2, 5, 10];
    static readonly double[] _fineSteps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

    readonly double _low;
    readonly double _high;
    readonly double _from;
    readonly double _to;
    readonly double _zero;

    LogAxis(double low, double high, double from, double to, bool hasZero)
    {
        _low = low;
        _high = high;
        _zero = from;
        _from = hasZero ? from + (Math.Sign(to - from) * ZeroBand) : from;
        _to = to;
        HasZero = hasZero;
    }

    /// <summary>Whether zero has a place.</summary>
    internal bool HasZero { get; }

    /// <summary>An axis whose ends are round numbers around the values.</summary>
    /// <param name="values">What it has to show, none negative.</param>
    /// <param name="from">Where the small end lies.</param>
    /// <param name="to">Where the great end lies.</param>
    internal static LogAxis Round(IEnumerable<double> values, double from, double to) =>
        Over(values, from, to, RoundDown, RoundUp);

    /// <summary>An axis that ends where the values end.</summary>
    /// <param name="values">What it has to show, none negative.</param>
    /// <param name="from">Where the small end lies.</param>
    /// <param name="to">Where the great end lies.</param>
    internal static LogAxis Exact(IEnumerable<double> values, double from, double to) =>
        Over(values, from, to, low => low, high => high);

    /// <summary>Where a value lies.</summary>
    internal double Place(double value) => value <= 0
        ? _zero
        : _from + ((_to - _from) * (Math.Log10(value / _low) / Math.Log10(_high / _low)));

    /// <summary>Values worth a mark on a round axis, ascending; zero not among them.</summary>
    internal IReadOnlyList<double> Ticks()
    {
        double decades = Math.Log10(_high / _low);
        int first = (int)Math.Ceiling(Math.Log10(_low) - 1e-9);
        int last = (int)Math.Floor(Math.Log10(_high) + 1e-9);
        int every = Math.Max(1, (int)Math.Ceiling((last - first + 1) / (double)MostDecadeTicks));
        IEnumerable<double> ticks;
        if (decades >= FewDecades)
        {
            ticks = Enumerable.Range(first, last - first + 1)
                .Where(power => (power - first) % every == 0).Select(power => Math.Pow(10, power));
        }
        else
        {
            double[] steps = decades < PartOfADecade ? _fineSteps : _steps;
            ticks = Enumerable.Range(first - 1, last - first + 2)
                .SelectMany(power => steps.SkipLast(1).Select(step => step * Math.Pow(10, power)));
        }
        const double Rounding = 1e-6;
        return [.. ticks.Where(tick => tick >= _low * (1 - Rounding) && tick <= _high * (1 + Rounding))];
    }

    static LogAxis Over(
        IEnumerable<double> values, double from, double to, Func<double, double> endBelow, Func<double, double> endAbove)
    {
        double[] all = [.. values];
        double[] positive = [.. all.Where(value => value > 0).DefaultIfEmpty(1)];
        (double low, double high) = (endBelow(positive.Min()), endAbove(positive.Max()));
        if (low >= high)
            (low, high) = (low / 2, high * 2);
        return new LogAxis(low, high, from, to, all.Contains(0));
    }

    static double RoundDown(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * _steps.Last(step => step <= value / power);
    }

    static double RoundUp(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * _steps.First(step => step >= value / power);
    }
}
