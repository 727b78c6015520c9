using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>The phases as a table for each test and mode, and below it what vCPUs were held back.</summary>
static class DirtyPerfTable
{
    const int TitleWidth = 18;
    const int PagesWidth = 12;

    internal static void Write(
        DirtyPerfOptions options, MachineDescription machine, DirtyPerfOutcome outcome, TextWriter writer)
    {
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Vcpus} × {options.Megabytes} MiB in {(options.Slots == 1 ? "1 slot" : $"{options.Slots} slots")}, {options.WriteFraction * 100:0.##} % of the pages written. On {machine}."));
        foreach (IGrouping<(string Test, string Mode), DirtyPhase> group in outcome.Phases.GroupBy(phase => (phase.Test, phase.Mode)))
        {
            writer.WriteLine();
            writer.WriteLine($"{group.Key.Test}, {group.Key.Mode}:");
            writer.WriteLine($"{"Phase",-TitleWidth}{"Pages",PagesWidth}  Time");
            foreach (DirtyPhase phase in group)
                writer.WriteLine(Row(Title(phase), phase.Pages, phase.Seconds));
            IEnumerable<DirtyStallResult> stalls = outcome.Stalls
                .Where(stall => (stall.Test, stall.Mode) == group.Key && stall.Count != 0);
            foreach (DirtyStallResult stall in stalls)
                writer.WriteLine(Row($"  {stall.Cause}", stall.Count, stall.Seconds));
        }
        writer.WriteLine();
        writer.WriteLine("Indented: how often and how long vCPUs were held back by logging, of all phases together.");
    }

    static string Title(DirtyPhase phase) => phase.Iteration is { } iteration
        ? string.Create(CultureInfo.InvariantCulture, $"{phase.Phase} {iteration}")
        : phase.Phase;

    static string Row(string title, long? pages, double seconds)
    {
        string count = pages?.ToString(CultureInfo.InvariantCulture) ?? "-";
        return $"{title.PadRight(Math.Max(TitleWidth, title.Length + 1))}{count,PagesWidth}  {Duration.Format(seconds)}";
    }
}
