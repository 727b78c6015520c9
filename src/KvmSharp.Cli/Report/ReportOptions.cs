using System.Collections.Generic;
using System.Linq;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Dirty;
using KvmSharp.Cli.Scale;

namespace KvmSharp.Cli.Report;

/// <summary>What to report on, read from the command line and checked.</summary>
sealed record ReportOptions
{
    internal const string DefaultOutput = "report.html";
    internal const string Perf = "perf";
    internal const string Phases = "phases";

    /// <summary>Everything that can be measured: <c>perf</c>, its phases of dirty logging, and the subjects of <c>scale</c>.</summary>
    internal static IReadOnlyList<string> Measurable { get; } = [Perf, Phases, .. ScaleSubjects.All.Select(subject => subject.Name)];

    /// <summary>Result files; when there are none, what <see cref="Measured"/> names is measured.</summary>
    internal IReadOnlyList<string> Files { get; init; } = [];

    internal IReadOnlyList<string> Measured { get; init; } = Measurable;

    /// <summary>Slot counts to measure; each measurement's own by default.</summary>
    internal string? Slots { get; init; }

    /// <summary>How long each test and each case is measured; each measurement's own by default.</summary>
    internal string? Seconds { get; init; }

    /// <summary>Where the page goes; <c>-</c> is the standard output.</summary>
    internal string Output { get; init; } = DefaultOutput;

    /// <summary>The command line that these options come from.</summary>
    internal string CommandLine { get; init; } = "";

    /// <exception cref="CommandException">A value is wrong.</exception>
    internal static ReportOptions Parse(
        IReadOnlyList<string> files, string? measured, string? slots, string? seconds, string? output)
    {
        // The parser takes what looks like an option and is none for a file.
        if (files.FirstOrDefault(file => file.StartsWith('-')) is { } option)
            throw CommandException.WrongUse($"there is no option {option}");
        if (files.Count > 0 && (measured ?? slots ?? seconds) is not null)
            throw CommandException.WrongUse("--measure, --slots and --seconds are for a report without files");
        if (output is { Length: 0 })
            throw CommandException.WrongUse("--output needs a file name, or \"-\"");
        var options = new ReportOptions { Files = files, Slots = slots, Seconds = seconds, Output = output ?? DefaultOutput };
        if (measured is not null)
        {
            string[] named = [.. OptionText.Items("--measure", measured)
                .Select(name => OptionText.Known("measurement", name, Measurable, item => item))];
            options = options with { Measured = [.. Measurable.Where(named.Contains)] };
        }
        // Wrong values are told before anything is measured.
        _ = options.PerfOptions;
        _ = options.ScaleOptions;
        return options;
    }

    /// <summary>How <c>perf</c> is measured, if it is.</summary>
    internal PerfOptions? PerfOptions => !Measured.Contains(Perf) ? null
        : Cli.Perf.PerfOptions.Parse(null, Slots, null, null, Seconds, null) with
        {
            CommandLine = $"{CommandLineProgram.Name} perf"
                + $"{Given("--slots", Slots)}{Given("--seconds", Seconds)} --json perf.json",
        };

    /// <summary>How the phases of dirty logging are measured, if they are.</summary>
    internal DirtyPerfOptions? PhaseOptions => !Measured.Contains(Phases) ? null
        : DirtyPerfOptions.Parse(string.Join(',', DirtyPerfOptions.TestNames), null, null, null, null, null) with
        {
            CommandLine = $"{CommandLineProgram.Name} perf --test {string.Join(',', DirtyPerfOptions.TestNames)} --json phases.json",
        };

    /// <summary>How the subjects of <c>scale</c> are measured.</summary>
    internal IReadOnlyList<ScaleOptions> ScaleOptions =>
    [
        .. ScaleSubjects.All.Where(subject => Measured.Contains(subject.Name)).Select(subject =>
        {
            string? counts = subject.Axis.Noun == "slots" ? Slots : null;
            return Scale.ScaleOptions.Parse(subject, null, counts, null, Seconds) with
            {
                CommandLine = $"{CommandLineProgram.Name} scale {subject.Name}"
                    + $"{Given("--slots", counts)}{Given("--seconds", Seconds)} --json scale-{subject.Name}.json",
            };
        }),
    ];

    static string Given(string option, string? value) => value is null ? "" : $" {option} {value}";
}
