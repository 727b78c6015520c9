using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Help;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>The command of one subject: its options, and what it does with them.</summary>
sealed class ScaleSubjectCommand : Command, IExplained
{
    readonly ScaleSubject _subject;
    readonly Option<string?> _operations;
    readonly Option<string?> _counts;
    readonly Option<string?> _designs;

    readonly Option<string?> _seconds;

    readonly Option<string?> _json = OptionText.New(
        "--json", "FILE", "Write the results as JSON as well; to \"-\", instead of the tables.");

    ScaleSubjectCommand(ScaleSubject subject)
        : base(subject.Name, subject.Description)
    {
        _subject = subject;
        _operations = OptionText.New("--operation", "LIST", "Operations to measure, of those below. All by default.");
        _counts = OptionText.New(
            $"--{subject.Axis.Noun}", "LIST",
            $"Numbers of {subject.Axis.Noun}, {subject.Axis.Least} to {subject.Axis.Most}. "
            + $"By default {string.Join(",", subject.Axis.Default)}.");
        _designs = OptionText.New(
            $"--{subject.DesignNoun}", "LIST",
            $"Designs to measure, of {string.Join(", ", subject.Designs)}. All by default.");
        _seconds = OptionText.New(
            "--seconds", "S",
            string.Create(
                CultureInfo.InvariantCulture, $"How long each case is measured. By default {subject.DefaultSeconds}."));
        foreach (Option option in (Option[])[_operations, _counts, _designs, _seconds, _json])
            Options.Add(option);
        int width = subject.Operations.Max(operation => operation.Name.Length);
        Parts =
        [
            ("Operations:",
                [.. subject.Operations.Select(operation => $"{operation.Name.PadRight(width)}  {operation.Title}")]),
            ("Exit codes:", ["0 done   1 failed, or interrupted   2 wrong use   3 not possible on this machine"]),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; }

    internal static ScaleSubjectCommand Create(ScaleSubject subject, Terminal terminal, CancellationToken interruption)
    {
        var command = new ScaleSubjectCommand(subject);
        command.SetAction(parsed => ScaleReport.Run(command.Read(parsed), terminal, interruption));
        return command;
    }

    ScaleOptions Read(ParseResult parsed) => ScaleOptions.Parse(
        _subject,
        parsed.GetValue(_operations),
        parsed.GetValue(_counts),
        parsed.GetValue(_designs),
        parsed.GetValue(_seconds)) with
    {
        JsonPath = JsonTarget.CheckPath(parsed.GetValue(_json)),
        CommandLine = CommandLineProgram.Retype(parsed),
    };
}
