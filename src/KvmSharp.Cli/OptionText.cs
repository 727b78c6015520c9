using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;

namespace KvmSharp.Cli;

/// <summary>The values of options, read and checked: each wrong one is one line.</summary>
static class OptionText
{
    const double MostSeconds = 3600;

    /// <summary>An option whose value is read and checked by the methods below.</summary>
    /// <param name="name">With its hyphens.</param>
    /// <param name="value">What stands for the value on the help page.</param>
    /// <param name="description">What it does, and what happens without it.</param>
    internal static Option<string?> New(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary>The entries of a list with commas.</summary>
    /// <exception cref="CommandException">An entry is empty.</exception>
    internal static string[] Items(string option, string text)
    {
        string[] items = text.Split(',', StringSplitOptions.TrimEntries);
        return items.Contains("") ? throw CommandException.WrongUse($"{option} \"{text}\" has an empty entry") : items;
    }

    /// <summary>The one of several that has a name.</summary>
    /// <exception cref="CommandException">None has it.</exception>
    internal static T Known<T>(string kind, string name, IReadOnlyList<T> all, Func<T, string> nameOf)
    {
        foreach (T candidate in all)
        {
            if (nameOf(candidate) == name)
                return candidate;
        }
        throw CommandException.WrongUse($"unknown {kind} \"{name}\"; known are {string.Join(", ", all.Select(nameOf))}");
    }

    /// <summary>A whole number.</summary>
    /// <exception cref="CommandException">It is none, or out of range.</exception>
    internal static long Number(string option, string text, long least, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        && number >= least && number <= most
            ? number
            : throw CommandException.WrongUse(most >= int.MaxValue
                ? $"{option} \"{text}\" is not a number from {least}"
                : $"{option} \"{text}\" is not a number from {least} to {most}");

    /// <summary>A time in seconds, with a fraction if need be.</summary>
    /// <exception cref="CommandException">It is none, or not above 0 and up to an hour.</exception>
    internal static TimeSpan Seconds(string option, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
        && seconds is > 0 and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw CommandException.WrongUse($"{option} \"{text}\" is not a number above 0 and up to {MostSeconds}");
}
