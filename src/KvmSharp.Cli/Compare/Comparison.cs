using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Compare;

/// <summary>Two runs of the same measurement, row by row.</summary>
sealed class Comparison
{
    Comparison(ResultFile a, ResultFile b, IReadOnlyList<ComparedRow> rows)
    {
        A = a;
        B = b;
        Rows = rows;
    }

    internal ResultFile A { get; }

    internal ResultFile B { get; }

    /// <summary>The rows, in the order of the first run; then those of the second alone.</summary>
    internal IReadOnlyList<ComparedRow> Rows { get; }

    /// <summary>Whether both ran on the same machine and runtime; of which commit does not matter.</summary>
    internal bool IsOneMachine =>
        A.Machine with { Commit = null, MemoryBytes = 0 } == B.Machine with { Commit = null, MemoryBytes = 0 };

    /// <summary>The mean factor by which times have changed, as ratios are averaged; none without rows in both.</summary>
    internal double? MeanTimeRatio
    {
        get
        {
            double[] logarithms =
            [
                .. Rows.Where(row => row.Key.Unit == CostUnit.Nanoseconds && row.Ratio is > 0).Select(row => Math.Log(row.Ratio!.Value)),
            ];
            return logarithms.Length == 0 ? null : Math.Exp(logarithms.Average());
        }
    }

    internal int Count(Verdict verdict) => Rows.Count(row => row.Verdict == verdict);

    /// <exception cref="CommandException">They are not of the same kind.</exception>
    internal static Comparison Of(ResultFile a, ResultFile b)
    {
        if (a.GetType() != b.GetType())
            throw CommandException.WrongUse($"{a.Source} is of {KindOf(a)}, {b.Source} of {KindOf(b)}");
        if (a is DirtyPerfFile first && b is DirtyPerfFile second && first.Load != second.Load)
            throw CommandException.WrongUse($"{a.Source} and {b.Source} are of different memory, slots, vCPUs or written pages");
        Dictionary<RowKey, Estimate> rowsOfA = RowsOf(a), rowsOfB = RowsOf(b);
        return new Comparison(a, b,
        [
            .. rowsOfA.Select(row => new ComparedRow(row.Key, row.Value, Find(rowsOfB, row.Key))),
            .. rowsOfB.Where(row => !rowsOfA.ContainsKey(row.Key)).Select(row => new ComparedRow(row.Key, null, row.Value)),
        ]);
    }

    static Estimate? Find(Dictionary<RowKey, Estimate> rows, RowKey key) =>
        rows.TryGetValue(key, out Estimate estimate) ? estimate : null;

    static string KindOf(ResultFile file) => file switch
    {
        PerfFile => "perf",
        DirtyPerfFile => "perf of dirty logging",
        _ => "scale",
    };

    static Dictionary<RowKey, Estimate> RowsOf(ResultFile file) => new(file switch
    {
        PerfFile perf => perf.Figures.Select(figure => KeyValuePair.Create(
            new RowKey(figure.Test, figure.Slots, figure.Store, CostUnit.Nanoseconds), figure.Estimate)),
        DirtyPerfFile dirty => dirty.Phases.Select(figure => KeyValuePair.Create(
            new RowKey(figure.Phase, PagesOf(dirty, figure), figure.Mode, CostUnit.Nanoseconds), figure.Estimate)),
        ScaleFile scale => scale.Figures.SelectMany(RowsOf),
        _ => [],
    });

    // How many pages logging found is a result; how many are restored was asked for.
    static long PagesOf(DirtyPerfFile file, DirtyPhaseFigure figure) =>
        figure.Phase == DirtyPerfFile.RestorePhase ? figure.Pages ?? 0 : file.Load.Pages;

    static IEnumerable<KeyValuePair<RowKey, Estimate>> RowsOf(ScaleFigure figure)
    {
        string variant = figure.Variant.ToString();
        string what = $"{figure.Subject} {figure.Operation}{(variant.Length == 0 ? "" : ", ")}{variant}";
        return figure.Costs.Select(cost => KeyValuePair.Create(
            new RowKey(what, figure.Count, figure.Design, cost.Unit), cost.Cost));
    }
}
