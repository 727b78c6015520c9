using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Reports.Costs;

/// <summary>An operation at which a design beats the default one.</summary>
/// <param name="Panel">The operation.</param>
/// <param name="Design">The design.</param>
/// <param name="Counts">Where it does, ascending.</param>
/// <param name="Best">Its cost where it does by the most.</param>
/// <param name="Default">The default's cost there.</param>
sealed record Lead(CostPanel Panel, string Design, IReadOnlyList<long> Counts, CostFigure Best, CostFigure Default)
{
    /// <summary>How many times cheaper it is there.</summary>
    internal double Ratio => Default.Cost.Value / Best.Cost.Value;

    /// <summary>Everything in a topic at which a design beats the default beyond noise.</summary>
    internal static IEnumerable<Lead> Of(CostTopic topic)
    {
        if (topic.DefaultDesign is not { } defaultDesign)
            yield break;
        foreach (CostPanel panel in topic.Panels)
        {
            foreach (string design in topic.Designs.Where(design => design != defaultDesign))
            {
                (CostFigure Other, CostFigure Default)[] won =
                [
                    .. from count in panel.Counts
                       let other = panel.Find(design, count)
                       let ours = panel.Find(defaultDesign, count)
                       where other is not null && ours is not null && other.Cost.CompareBeyondNoise(ours.Cost) < 0
                       select (other, ours),
                ];
                if (won.Length == 0)
                    continue;
                (CostFigure best, CostFigure beaten) = won.MaxBy(pair => pair.Default.Cost.Value / pair.Other.Cost.Value);
                yield return new Lead(panel, design, [.. won.Select(pair => pair.Other.Count)], best, beaten);
            }
        }
    }

    /// <summary>Operations and counts at which the default stands beside another design.</summary>
    internal static int CountContests(CostTopic topic)
    {
        string? defaultDesign = topic.DefaultDesign;
        return defaultDesign is null ? 0 : topic.Panels.Sum(panel => panel.Counts.Count(count =>
            panel.Find(defaultDesign, count) is not null
            && panel.Figures.Any(figure => figure.Count == count && figure.Design != defaultDesign)));
    }
}
