using System;
using System.Linq;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary>What to measure, read from the command line and checked.</summary>
sealed record ScaleOptions(ScaleSubject Subject, ScaleSelection Selection)
{
    /// <summary>How long each case is measured.</summary>
    internal TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(Subject.DefaultSeconds);

    /// <summary>Where JSON goes; <c>-</c> is the standard output.</summary>
    internal string? JsonPath { get; init; }

    /// <summary>The command line that these options come from, where there is one.</summary>
    internal string? CommandLine { get; init; }

    /// <exception cref="CommandException">A value is wrong.</exception>
    internal static ScaleOptions Parse(
        ScaleSubject subject, string? operations, string? counts, string? designs, string? seconds)
    {
        ScaleAxis axis = subject.Axis;
        string countOption = $"--{axis.Noun}";
        string[] known = [.. subject.Operations.Select(operation => operation.Name)];
        string[] chosen = Choose("--operation", "operation", operations, known);
        string[] selected = Choose($"--{subject.DesignNoun}", subject.DesignNoun, designs, [.. subject.Designs]);
        long[] numbers = counts is null
            ? [.. axis.Default]
            : [.. OptionText.Items(countOption, counts)
                .Select(text => OptionText.Number(countOption, text, axis.Least, axis.Most)).Distinct()];
        var options = new ScaleOptions(subject, new ScaleSelection(chosen, selected, numbers));
        return seconds is null ? options : options with { Budget = OptionText.Seconds("--seconds", seconds) };
    }

    // In the subject's order, whatever the order in which they were named.
    static string[] Choose(string option, string kind, string? text, string[] known)
    {
        if (text is null)
            return known;
        string[] named = [.. OptionText.Items(option, text).Select(name => OptionText.Known(kind, name, known, item => item))];
        return [.. known.Where(named.Contains)];
    }
}
