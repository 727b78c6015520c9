using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using KvmSharp.Cli.Help;

namespace KvmSharp.Cli.Report;

/// <summary><c>kvmsharp report</c>: its arguments, and what it does with them.</summary>
sealed class ReportCommand : Command, IExplained
{
    readonly Argument<string[]> _files = new("FILE")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "What perf --json and scale --json have written. Without a file, everything is measured now, in some minutes; Ctrl-C shows what is done.",
    };

    readonly Option<string?> _output = OptionText.New(
        "--output", "FILE", $"Where the page goes; \"-\" is the standard output. By default {ReportOptions.DefaultOutput}.");

    readonly Option<string?> _measured = OptionText.New(
        "--measure", "LIST", $"What to measure, of {string.Join(", ", ReportOptions.Measurable)}. All by default.");

    readonly Option<string?> _slots = OptionText.New("--slots", "LIST", "Numbers of slots to measure with.");

    readonly Option<string?> _seconds = OptionText.New("--seconds", "S", "How long each test and each case is measured.");

    ReportCommand()
        : base("report", "Make a page that shows results: charts, tables beside the published ones, a map of guest memory.")
    {
        Arguments.Add(_files);
        foreach (Option option in (Option[])[_output, _measured, _slots, _seconds])
            Options.Add(option);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Examples:",
        [
            "kvmsharp report",
            "kvmsharp report --measure perf --slots 10,509,32764 --output slots.html",
            "kvmsharp perf --json perf.json; kvmsharp scale slots --json slots.json; kvmsharp report perf.json slots.json",
        ]),
        ("Exit codes:", ["0 done   1 failed, or interrupted   2 wrong use   3 not possible on this machine"]),
    ];

    internal static ReportCommand Create(Terminal terminal, CancellationToken interruption)
    {
        var command = new ReportCommand();
        command.SetAction(parsed => ReportRun.Run(command.Read(parsed), terminal, interruption));
        return command;
    }

    ReportOptions Read(ParseResult parsed) => ReportOptions.Parse(
        parsed.GetValue(_files) ?? [],
        parsed.GetValue(_measured),
        parsed.GetValue(_slots),
        parsed.GetValue(_seconds),
        parsed.GetValue(_output)) with
    {
        CommandLine = CommandLineProgram.Retype(parsed),
    };
}
