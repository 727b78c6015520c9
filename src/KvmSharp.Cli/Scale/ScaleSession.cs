using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>Runs the cases of a selection, one after the other.</summary>
static class ScaleSession
{
    // Of the time for each case; the first of an operation and a design has the most code to compile.
    const double FirstWarmUp = 1;
    const double LaterWarmUp = 0.25;

    internal static ScaleOutcome Run(ScaleOptions options, Terminal terminal, CancellationToken interruption)
    {
        ScaleSubject subject = options.Subject;
        List<ScaleCase> cases = [.. subject.Plan(options.Selection)];
        var results = new List<ScaleResult>(cases.Count);
        var seen = new HashSet<(string Operation, string Design)>();
        var progress = new ProgressLine(terminal, cases.Count);
        try
        {
            foreach (ScaleCase @case in cases)
            {
                interruption.ThrowIfCancellationRequested();
                progress.Begin($"{@case.Operation}, {@case.Count} {subject.Axis.Noun}, {@case.Design}");
                // What the case before left behind is not collected on this one's time.
                GC.Collect();
                bool isNew = seen.Add((@case.Operation, @case.Design));
                TimeSpan warmUp = options.Budget * (isNew ? FirstWarmUp : LaterWarmUp);
                ScaleMeasure measure = @case.Measure(new ScaleClock(options.Budget, warmUp, interruption));
                results.Add(new ScaleResult(subject.Name, @case, measure, @case.Design == subject.DefaultDesign));
                progress.Advance();
            }
            return new ScaleOutcome(results, IsComplete: true);
        }
        catch (OperationCanceledException)
        {
            return new ScaleOutcome(results, IsComplete: false);
        }
        finally
        {
            progress.Clear();
        }
    }
}
