using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Lab.Results;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>The results as a table for each slot count: a row for each test, a column for each store.</summary>
sealed class PerfTable
{
    internal const string SetupTitle = "Slot setup";
    const string Missing = "-";
    const int ColumnWidth = 16;

    // Where several stores are compared, a time and an improvement share a column.
    const int TimeWidth = 11;
    const int SharedWidth = 18;

    readonly PerfOptions _options;
    readonly MachineDescription _machine;
    readonly PerfOutcome _outcome;
    readonly IReadOnlyList<SlotStoreDesign> _others;

    internal PerfTable(PerfOptions options, MachineDescription machine, PerfOutcome outcome)
    {
        _options = options;
        _machine = machine;
        _outcome = outcome;
        _others = [.. options.Stores.Where(store => store != options.Baseline)];
    }

    internal void Write(Terminal terminal)
    {
        TextWriter writer = terminal.Out;
        writer.WriteLine($"{Legend()}{GuestNote()} On {_machine}.");
        foreach (int slots in _options.Slots)
        {
            writer.WriteLine();
            writer.WriteLine($"{slots} slots in use:");
            writer.WriteLine(Heading());
            var notes = new List<string>();
            foreach (PerfTest test in _options.Tests)
            {
                PerfCase @case = PerfCase.Of(test, slots);
                string title = @case.Slots == slots ? test.Title : $"{test.Title} ({@case.Slots})";
                if (@case.WhyImpossible is null)
                    writer.WriteLine(Row(title, test.Name, @case.Slots, terminal.ShowsColors));
                else
                    writer.WriteLine($"{Cell(title)}not possible");
                if (@case.Obstacle is { } obstacle)
                    notes.Add($"{test.Title} is not possible with {slots}: {obstacle.Reason}.");
            }
            if (_options.Setup)
                writer.WriteLine(Row(SetupTitle, PerfOptions.SetupName, slots, terminal.ShowsColors));
            notes.AddRange(NotesOnStores(slots));
            foreach (string note in notes)
                writer.WriteLine(note);
        }
    }

    IEnumerable<string> NotesOnStores(int slots)
    {
        foreach (SlotStoreDesign store in _options.Stores)
        {
            if (PerfCase.WhyTooMany(store, slots) is { } reason)
                yield return $"{reason}.";
        }
        IEnumerable<IGrouping<long, PerfResult>> rare = _outcome.Results
            .Where(result => result.Slots == slots && result.Iterations < LeastIterations(result))
            .GroupBy(result => result.Iterations);
        foreach (IGrouping<long, PerfResult> results in rare)
        {
            string what = string.Join("; ", results.GroupBy(result => result.Test)
                .Select(group => $"{group.Key} of {string.Join(", ", group.Select(result => result.Store))}"));
            yield return $"Measured {(results.Key == 1 ? "once" : $"{results.Key} times")}: {what}.";
        }
    }

    // Iterations are timed together; setups one by one, of which the best counts.
    static int LeastIterations(PerfResult result) =>
        result.Test == PerfOptions.SetupName ? PerfSession.LeastSetups : 2;

    string GuestNote() => _options.Guest == GuestKind.X86 ? " Guest: x86-64 code on the software CPU." : "";

    string Legend() => _others.Count switch
    {
        0 => $"Store: {_options.Baseline}.",
        1 => $"Before: {_options.Baseline}. After: {_others[0]}.",
        _ => $"Before: {_options.Baseline}. After, and how much less it is: the store that heads the column.",
    };

    string Heading()
    {
        var line = new StringBuilder(Cell("Test"));
        if (_others.Count == 0)
            return line.Append("Time").ToString();
        line.Append(Cell("Before"));
        if (_others.Count == 1)
            return line.Append(Cell("After")).Append("Improvement").ToString();
        foreach (SlotStoreDesign store in _others)
            line.Append(Cell(store.Name, SharedWidth));
        return line.ToString().TrimEnd();
    }

    string Row(string title, string test, int slots, bool colors)
    {
        var line = new StringBuilder(Cell(title));
        PerfResult? before = _outcome.Find(test, slots, _options.Baseline.Name);
        line.Append(Cell(Time(before)));
        foreach (SlotStoreDesign store in _others)
        {
            PerfResult? after = _outcome.Find(test, slots, store.Name);
            int timeWidth = _others.Count == 1 ? ColumnWidth : TimeWidth;
            int width = _others.Count == 1 ? ColumnWidth : SharedWidth - TimeWidth;
            line.Append(Cell(Time(after), timeWidth));
            if (before is null || after is null)
            {
                line.Append(Cell(_others.Count == 1 ? Missing : "", width));
                continue;
            }
            int percent = Duration.Improvement(before.SecondsPerIteration, after.SecondsPerIteration);
            string cell = Cell(Duration.FormatImprovement(percent), width);
            line.Append(colors ? Color(cell, percent) : cell);
        }
        return line.ToString().TrimEnd();
    }

    static string Time(PerfResult? result) => result is null ? Missing : Duration.Format(result.SecondsPerIteration);

    static string Color(string cell, int percent)
    {
        const string Green = "\u001b[32m";
        const string Red = "\u001b[31m";
        const string Reset = "\u001b[0m";
        string text = cell.TrimEnd();
        return percent == 0 ? cell : (percent > 0 ? Green : Red) + text + Reset + new string(' ', cell.Length - text.Length);
    }

    // A long name pushes the rest of its row aside rather than running into it.
    static string Cell(string text, int width = ColumnWidth) => text.PadRight(Math.Max(width, text.Length + 1));
}
