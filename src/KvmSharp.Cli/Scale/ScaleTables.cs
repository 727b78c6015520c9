using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>The results as a table for each operation: a row for each count, a column for each design.</summary>
sealed class ScaleTables(ScaleOptions options, MachineDescription machine, ScaleOutcome outcome)
{
    const string Missing = "-";
    const string Gap = "  ";

    internal void Write(Terminal terminal)
    {
        TextWriter writer = terminal.Out;
        writer.WriteLine(
            $"The middle of several samples, per operation; {options.Subject.DefaultDesign} is the default. On {machine}.");
        foreach (ScaleOperation operation in options.Subject.Operations)
        {
            ScaleResult[] results = [.. outcome.Results.Where(result => result.Case.Operation == operation.Name)];
            if (results.Length == 0)
                continue;
            writer.WriteLine();
            writer.WriteLine($"{operation.Name}: {operation.Title}");
            WriteRows(writer, Rows(results));
            foreach (string note in results.Where(result => result.Measure.Note is not null).Select(NoteOf).Distinct())
                writer.WriteLine($"{Gap}{note}");
        }
        WritePublished(writer);
    }

    List<string[]> Rows(ScaleResult[] results)
    {
        string[] designs = [.. options.Selection.Designs.Where(name => results.Any(result => result.Case.Design == name))];
        List<string[]> rows = [[options.Subject.Axis.Noun, .. designs]];
        foreach ((long count, ScaleVariant variant) in
            results.Select(result => (result.Case.Count, result.Case.Variant)).Distinct())
        {
            string label = count.ToString(CultureInfo.InvariantCulture);
            string words = variant.ToString();
            var row = new List<string> { words.Length == 0 ? label : $"{label}, {words}" };
            foreach (string design in designs)
            {
                ScaleResult? result = Array.Find(results, result =>
                    result.Case.Design == design && result.Case.Count == count && result.Case.Variant == variant);
                row.Add(result is null ? Missing : Cell(result.Measure));
            }
            rows.Add([.. row]);
        }
        return rows;
    }

    static string Cell(ScaleMeasure measure) => (measure.Nanoseconds, measure.Bytes) switch
    {
        ({ } time, { } bytes) => $"{Quantity.FormatTime(time)} / {Quantity.FormatBytes(bytes)}",
        ({ } time, null) => Quantity.FormatTime(time),
        (null, { } bytes) => Quantity.FormatBytes(bytes),
        _ => measure.Comparisons?.ToString("#,0", CultureInfo.InvariantCulture) ?? Missing,
    };

    static string NoteOf(ScaleResult result) => $"{result.Case.Design}: {result.Measure.Note}";

    void WritePublished(TextWriter writer)
    {
        IReadOnlyList<PublishedFigure> figures = options.Subject.PublishedFigures();
        if (figures.Count == 0)
            return;
        writer.WriteLine();
        writer.WriteLine("Published figures that follow from sizes, and what they come to here:");
        WriteRows(writer,
        [
            ["source", "what", "published", "here"],
            .. figures.Select(figure => (string[])
            [
                figure.Source,
                figure.Note is null ? figure.What : $"{figure.What} ({figure.Note})",
                Figure(figure.Published, figure.Unit),
                Figure(figure.Computed, figure.Unit),
            ]),
        ], textColumns: 2);
    }

    static string Figure(double? value, string unit) =>
        value is { } known ? $"{known.ToString("#,0.##", CultureInfo.InvariantCulture)} {unit}" : Missing;

    // Text to the left, figures to the right.
    static void WriteRows(TextWriter writer, List<string[]> rows, int textColumns = 1)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                column < textColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            writer.WriteLine((Gap + string.Join(Gap, cells)).TrimEnd());
        }
    }
}
