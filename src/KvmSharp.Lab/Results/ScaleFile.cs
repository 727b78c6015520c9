using System.Collections.Generic;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Results;

/// <summary>The results of <c>kvmsharp scale</c>.</summary>
/// <param name="Source">Where it was read from, for messages.</param>
/// <param name="Machine">Where it ran, and of which sources.</param>
/// <param name="Command">The command line that measures the same again, where it was written down.</param>
/// <param name="IsComplete">Whether everything asked for was measured.</param>
/// <param name="SecondsPerCase">The time that each case was given.</param>
/// <param name="Figures">The results.</param>
/// <param name="Published">Published figures that follow from sizes, beside what they come to here.</param>
public sealed record ScaleFile(
    string Source,
    MachineDescription Machine,
    string? Command,
    bool IsComplete,
    double SecondsPerCase,
    IReadOnlyList<ScaleFigure> Figures,
    IReadOnlyList<PublishedFigure> Published)
    : ResultFile(Source, Machine, Command, IsComplete)
{
    /// <inheritdoc/>
    public override bool HasFigures => Figures.Count > 0;
}

/// <summary>One operation of one design at one count.</summary>
/// <param name="Subject">What was measured: <c>slots</c>, <c>vcpus</c>, …</param>
/// <param name="Operation">The operation's name.</param>
/// <param name="Design">The design's name.</param>
/// <param name="Count">Slots, vCPUs, …</param>
/// <param name="Variant">What else tells it from other figures.</param>
/// <param name="Measure">A time, a size, a number of comparisons, or several of them.</param>
/// <param name="IsDefault">Whether a machine gets this design when nothing is chosen.</param>
public sealed record ScaleFigure(
    string Subject, string Operation, string Design, long Count, ScaleVariant Variant, ScaleMeasure Measure, bool IsDefault)
{
    /// <summary>Its costs, each in its unit: at least one.</summary>
    public IEnumerable<(CostUnit Unit, Estimate Cost)> Costs
    {
        get
        {
            if (Measure.Nanoseconds is { } median)
            {
                yield return (CostUnit.Nanoseconds, Estimate.OfQuartiles(
                    median, Measure.LowNanoseconds ?? median, Measure.HighNanoseconds ?? median));
            }
            if (Measure.Bytes is { } bytes)
                yield return (CostUnit.Bytes, Estimate.OfCount(bytes));
            if (Measure.Comparisons is { } comparisons)
                yield return (CostUnit.Comparisons, Estimate.OfCount(comparisons));
        }
    }
}
