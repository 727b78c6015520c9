using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Compare;

/// <summary>A comparison for people: what has changed, and a summary.</summary>
static class CompareTable
{
    const string Gap = "  ";

    /// <param name="comparison">The comparison.</param>
    /// <param name="all">Whether rows without a change are shown too.</param>
    /// <param name="terminal">Where to.</param>
    internal static void Write(Comparison comparison, bool all, Terminal terminal)
    {
        TextWriter writer = terminal.Out;
        writer.WriteLine($"A: {Describe(comparison.A)}");
        writer.WriteLine($"B: {Describe(comparison.B)}");
        if (!comparison.IsOneMachine)
            writer.WriteLine("The machines differ: what follows says little about the program.");
        ComparedRow[] rows = [.. comparison.Rows.Where(row => all || row.Verdict != Verdict.Unchanged)];
        if (rows.Length > 0)
        {
            writer.WriteLine();
            WriteRows(rows, terminal);
        }
        writer.WriteLine();
        writer.WriteLine(Summarize(comparison));
    }

    /// <summary>A verdict in words.</summary>
    internal static string Word(Verdict verdict) => verdict switch
    {
        Verdict.OnlyInA => "only in A",
        Verdict.OnlyInB => "only in B",
        _ => JsonNamingPolicy.CamelCase.ConvertName(verdict.ToString()),
    };

    static string Describe(ResultFile file)
    {
        const int ShownDigits = 12;
        string commit = file.Machine.Commit is { } known ? $"commit {known[..Math.Min(known.Length, ShownDigits)]}" : "commit not known";
        string guest = file is PerfFile perf ? $", guest {perf.Guest}" : "";
        return $"{file.Source}, {commit}{guest}, on {file.Machine}{(file.IsComplete ? "" : "; not complete")}";
    }

    static void WriteRows(ComparedRow[] rows, Terminal terminal)
    {
        List<string[]> cells =
        [
            ["what", "count", "design", "A", "B", "B/A", "verdict"],
            .. rows.Select(row => (string[])
            [
                row.Key.What,
                $"{row.Key.Count}",
                row.Key.Design,
                row.Format(row.A),
                row.Format(row.B),
                row.Ratio is { } ratio ? Quantity.FormatRatio(ratio) : "-",
                Word(row.Verdict),
            ]),
        ];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        for (int index = 0; index < cells.Count; index++)
        {
            string[] row = cells[index];
            int verdict = row.Length - 1;
            IEnumerable<string> padded = row.Take(verdict).Select((cell, column) =>
                column is 0 or 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            string word = index > 0 && terminal.ShowsColors ? Colored(row[verdict], rows[index - 1].Verdict) : row[verdict];
            terminal.Out.WriteLine(Gap + string.Join(Gap, padded) + Gap + word);
        }
    }

    static string Colored(string word, Verdict verdict) => verdict switch
    {
        Verdict.Faster or Verdict.Smaller => $"\u001b[32m{word}\u001b[0m",
        Verdict.Slower or Verdict.Larger => $"\u001b[31m{word}\u001b[0m",
        _ => word,
    };

    static string Summarize(Comparison comparison)
    {
        IEnumerable<string> parts = Enum.GetValues<Verdict>()
            .Select(verdict => (Count: comparison.Count(verdict), Word: Word(verdict)))
            .Where(part => part.Count > 0)
            .Select(part => $"{part.Count} {part.Word}");
        string rows = comparison.Rows.Count == 1 ? "1 row" : $"{comparison.Rows.Count} rows";
        string mean = comparison.MeanTimeRatio is { } ratio
            ? $" Times are {Quantity.FormatRatio(ratio)} × what they were, on the geometric mean."
            : "";
        return comparison.Rows.Count == 0 ? "No rows." : $"{rows}: {string.Join(", ", parts)}.{mean}";
    }
}
