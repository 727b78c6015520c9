using System.Collections.Generic;
using System.CommandLine;
using KvmSharp.Cli.Help;

namespace KvmSharp.Cli.Compare;

/// <summary><c>kvmsharp compare</c>: its arguments, and what it does with them.</summary>
sealed class CompareCommand : Command, IExplained
{
    readonly Argument<string> _a = new("A") { Description = "What perf --json or scale --json wrote before." };

    readonly Argument<string> _b = new("B") { Description = "What the same command wrote afterwards." };

    readonly Option<bool> _all = new("--all") { Description = "Show rows without a change too." };

    readonly Option<bool> _fail = new("--fail-on-slower") { Description = "Fail if anything is slower or larger." };

    readonly Option<string?> _json = new("--json")
    {
        HelpName = "FILE",
        Description = "Write the comparison as JSON as well; to \"-\", instead of the table.",
    };

    CompareCommand()
        : base("compare", "Tell what has changed from one run to another, and what is only noise.")
    {
        Arguments.Add(_a);
        Arguments.Add(_b);
        foreach (Option option in (Option[])[_all, _fail, _json])
            Options.Add(option);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Noise:",
        [
            "A time has changed when its ranges do not meet and the values are more than 5 % apart. A range is the",
            "quartiles in results of scale, and the mean ± 50 %/√iterations in results of perf. Bytes and comparisons: 1 %.",
        ]),
        ("Exit codes:", ["0 done   1 something is slower or larger, with --fail-on-slower   2 wrong use"]),
    ];

    internal static CompareCommand Create(Terminal terminal)
    {
        var command = new CompareCommand();
        command.SetAction(parsed => command.Run(parsed, terminal));
        return command;
    }

    int Run(ParseResult parsed, Terminal terminal)
    {
        Comparison comparison = Comparison.Of(Read(parsed, _a), Read(parsed, _b));
        using JsonTarget json = JsonTarget.Open(JsonTarget.CheckPath(parsed.GetValue(_json)), terminal);
        if (!json.ReplacesTables)
            CompareTable.Write(comparison, parsed.GetValue(_all), terminal);
        json.Write(() => CompareJson.Write(comparison));

        int worse = comparison.Count(Verdict.Slower) + comparison.Count(Verdict.Larger);
        if (worse > 0 && parsed.GetValue(_fail))
        {
            throw new CommandException(
                ExitCode.Failed, $"{worse} of {comparison.Rows.Count} rows are slower or larger");
        }
        return ExitCode.Success;
    }

    static Lab.Results.ResultFile Read(ParseResult parsed, Argument<string> argument)
    {
        string path = parsed.GetValue(argument)!;
        // The parser takes what looks like an option and is none for a file.
        return path.StartsWith('-') ? throw CommandException.WrongUse($"there is no option {path}") : ResultFiles.Read(path);
    }
}
