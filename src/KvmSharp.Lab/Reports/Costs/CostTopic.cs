using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Reports.Costs;

/// <summary>What one run found about one thing that exists in several designs, whichever command measured it.</summary>
/// <param name="File">The run.</param>
/// <param name="Title">What was measured.</param>
/// <param name="DefaultDesign">The design that a machine gets when nothing is chosen; none when it was not measured.</param>
/// <param name="Designs">Those measured, the default first.</param>
/// <param name="Panels">What was found, one operation after the other.</param>
sealed record CostTopic(
    ResultFile File,
    string Title,
    string? DefaultDesign,
    IReadOnlyList<string> Designs,
    IReadOnlyList<CostPanel> Panels)
{
    /// <summary>
    /// The topics of a run: one of <c>perf</c>, one for each subject of <c>scale</c>; of the phases of dirty logging, which
    /// are a table, the checkpoints.
    /// </summary>
    internal static IReadOnlyList<CostTopic> Of(ResultFile file, ResultVocabulary vocabulary) => file switch
    {
        PerfFile perf => perf.Figures.Count == 0 ? [] : [OfPerf(perf, vocabulary)],
        DirtyPerfFile dirty => OfCheckpoints(dirty),
        ScaleFile scale =>
        [
            .. vocabulary.Subjects
                .Where(subject => scale.Figures.Any(figure => figure.Subject == subject.Name))
                .Select(subject => OfScale(scale, subject)),
        ],
        _ => [],
    };

    static CostTopic OfPerf(PerfFile file, ResultVocabulary vocabulary)
    {
        string[] designs = Order(file.Figures.Select(figure => figure.Store), vocabulary.Stores, file.DefaultStore);
        var panels = new List<CostPanel>();
        foreach (PerfTestName test in vocabulary.Tests)
        {
            CostFigure[] figures =
            [
                .. file.Figures.Where(figure => figure.Test == test.Name).Select(figure => new CostFigure(
                    figure.Store, figure.Slots, figure.Estimate, figure.SecondsPerIteration,
                    HasQuartiles: false, $"{figure.Iterations} iterations")),
            ];
            if (figures.Length > 0)
                panels.Add(new CostPanel(test.Name, "", "slots in use", CostUnit.Nanoseconds, figures, []));
        }
        return new CostTopic(
            file, "A running machine: what it costs to change and unmap memory",
            designs.Contains(file.DefaultStore) ? file.DefaultStore : null, designs, panels);
    }

    static IReadOnlyList<CostTopic> OfCheckpoints(DirtyPerfFile file)
    {
        CostPanel[] panels =
        [
            .. file.Phases.Where(phase => phase.Mode == DirtyPerfFile.CheckpointMode).GroupBy(phase => phase.Phase)
                .Select(phases => new CostPanel(
                    phases.Key, "", phases.Key == DirtyPerfFile.RestorePhase ? "dirty pages" : "pages", CostUnit.Nanoseconds,
                    [
                        .. phases.Select(phase => new CostFigure(
                            phase.Mode, phase.Pages ?? 0, phase.Estimate, phase.Seconds[0], HasQuartiles: false, null)),
                    ],
                    [])),
        ];
        return panels.Length == 0 ? []
            : [new CostTopic(file, "Taking a checkpoint, and going back to it", null, [DirtyPerfFile.CheckpointMode], panels)];
    }

    static CostTopic OfScale(ScaleFile file, ScaleSubject subject)
    {
        ScaleFigure[] all = [.. file.Figures.Where(figure => figure.Subject == subject.Name)];
        string? defaultDesign = all.FirstOrDefault(figure => figure.IsDefault)?.Design;
        IEnumerable<CostPanel> panels = subject.Operations.SelectMany(operation =>
            OfOperation(operation, [.. all.Where(figure => figure.Operation == operation.Name)], subject.Axis.Noun));
        return new CostTopic(
            file, subject.Description, defaultDesign,
            Order(all.Select(figure => figure.Design), subject.Designs, defaultDesign), [.. panels]);
    }

    static IEnumerable<CostPanel> OfOperation(ScaleOperation operation, ScaleFigure[] figures, string counted)
    {
        PanelAxis axis = PanelAxis.Of(figures, counted);
        return
            from rest in figures.GroupBy(axis.Rest)
            from unit in System.Enum.GetValues<CostUnit>()
            let costs = rest.SelectMany(figure => OfUnit(figure, axis.Place(figure), unit)).ToArray()
            where costs.Length > 0
            select new CostPanel(
                rest.Key.Length == 0 ? operation.Name : $"{operation.Name}, {rest.Key}", operation.Title, axis.Name, unit, costs,
                [.. rest.Where(figure => figure.Measure.Note is not null)
                    .Select(figure => $"{figure.Design} at {axis.Place(figure)}: {figure.Measure.Note}").Distinct()]);
    }

    static IEnumerable<CostFigure> OfUnit(ScaleFigure figure, long place, CostUnit unit)
    {
        foreach ((_, Estimate cost) in figure.Costs.Where(cost => cost.Unit == unit))
        {
            bool isTime = unit == CostUnit.Nanoseconds;
            yield return new CostFigure(
                figure.Design, place, cost, cost.Value, HasQuartiles: isTime, isTime ? Samples(figure.Measure.Samples) : null);
        }
    }

    static string? Samples(int? samples) => samples is { } known ? $"{known} samples" : null;

    // Those with a bound of their own stand where the design stands.
    static string[] Order(IEnumerable<string> measured, IReadOnlyList<string> known, string? first) =>
    [
        .. measured.Distinct()
            .OrderBy(name => name != first)
            .ThenBy(name => known.TakeWhile(design => design != DesignName.WithoutBound(name)).Count()),
    ];
}
