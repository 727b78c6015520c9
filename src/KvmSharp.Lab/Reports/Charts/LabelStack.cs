using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>Moves labels along a line until none covers another, each as near its place as that allows.</summary>
static class LabelStack
{
    /// <summary>The places for labels.</summary>
    /// <param name="wanted">Where each would best be.</param>
    /// <param name="gap">The least distance between two.</param>
    /// <param name="low">Where the first may be.</param>
    /// <param name="high">Where the last may be, unless there are too many.</param>
    internal static double[] Spread(IReadOnlyList<double> wanted, double gap, double low, double high)
    {
        int[] order = [.. Enumerable.Range(0, wanted.Count).OrderBy(index => wanted[index])];
        double[] places = [.. wanted];
        double last = low - gap;
        foreach (int index in order)
            last = places[index] = Math.Max(wanted[index], last + gap);
        // What was pushed past the end pushes back.
        double next = Math.Max(high, low + (gap * (wanted.Count - 1))) + gap;
        foreach (int index in order.Reverse())
            next = places[index] = Math.Min(places[index], next - gap);
        return places;
    }
}
