using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Costs;

/// <summary>What one operation costs, design by design and count by count: what one chart shows.</summary>
/// <param name="Name">The operation, and what else tells it from others.</param>
/// <param name="Title">What it does; may be empty.</param>
/// <param name="Counted">What grows along its x axis: <c>slots</c>.</param>
/// <param name="Unit">What its costs are in.</param>
/// <param name="Figures">The costs.</param>
/// <param name="Notes">What a reader has to know.</param>
sealed record CostPanel(
    string Name, string Title, string Counted, CostUnit Unit, IReadOnlyList<CostFigure> Figures, IReadOnlyList<string> Notes)
{
    /// <summary>The counts measured, ascending.</summary>
    internal IReadOnlyList<long> Counts => [.. Figures.Select(figure => figure.Count).Distinct().Order()];

    internal CostFigure? Find(string design, long count) =>
        Figures.FirstOrDefault(figure => figure.Design == design && figure.Count == count);

    internal string Format(double cost) => Quantity.Format(cost, Unit);

    /// <summary>The ends of an estimate; their unit once, when both have the same.</summary>
    internal string FormatRange(Estimate cost)
    {
        string low = Format(cost.Low), high = Format(cost.High);
        string[] parts = low.Split(' ');
        return parts.Length > 1 && high.EndsWith(' ' + parts[1], System.StringComparison.Ordinal) ? $"{parts[0]} – {high}" : $"{low} – {high}";
    }
}

/// <summary>What an operation of one design costs at one count.</summary>
/// <param name="Design">The design.</param>
/// <param name="Count">The count.</param>
/// <param name="Cost">The cost, in the panel's unit.</param>
/// <param name="Written">The cost as the result file has it, in the file's unit.</param>
/// <param name="HasQuartiles">Whether the ends of the estimate were measured rather than reckoned.</param>
/// <param name="Basis">What the cost is the middle or the mean of.</param>
sealed record CostFigure(string Design, long Count, Estimate Cost, double Written, bool HasQuartiles, string? Basis);
