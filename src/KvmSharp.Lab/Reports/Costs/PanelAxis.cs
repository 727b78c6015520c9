using System;
using System.Linq;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Costs;

/// <summary>
/// What the figures of an operation are drawn against: the subject's count, or what else was varied more – the members of a
/// set, the dirty pages. What is left then tells panels apart.
/// </summary>
/// <param name="Name">What it counts.</param>
/// <param name="Place">Where a figure lies on it.</param>
/// <param name="Rest">What else tells the figure from others, in words.</param>
sealed record PanelAxis(string Name, Func<ScaleFigure, long> Place, Func<ScaleFigure, string> Rest)
{
    /// <summary>The axis on which figures have the most places.</summary>
    /// <param name="figures">The figures of one operation.</param>
    /// <param name="counted">What their count counts.</param>
    internal static PanelAxis Of(ScaleFigure[] figures, string counted)
    {
        PanelAxis[] axes =
        [
            new(counted, figure => figure.Count, figure => $"{figure.Variant}"),
            new("members of the set", figure => figure.Variant.Set ?? 0,
                figure => Join($"{figure.Count} {counted}", $"{figure.Variant with { Set = null }}")),
            new("dirty pages", figure => figure.Variant.Dirty ?? 0,
                figure => Join($"{figure.Count} {counted}", $"{figure.Variant with { Dirty = null }}")),
        ];
        // The first of equals: the count, if it does.
        return axes.MaxBy(axis => figures.Select(axis.Place).Distinct().Count())!;
    }

    static string Join(string first, string second) => second.Length == 0 ? first : $"{first}, {second}";
}
