using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>What to measure, read from the command line and checked.</summary>
sealed record PerfOptions
{
    internal const string SetupName = "setup";
    internal const int LeastSlots = 2;
    internal const int MostSlots = SlotLimits.UserSlots;
    internal const double DefaultSeconds = 0.4;

    const double MostSeconds = 3600;

    internal static IReadOnlyList<int> DefaultSlots { get; } = [10, 30, 50, 100, 509, 8194, MostSlots];

    internal static IReadOnlyList<string> TestNames { get; } = [.. PerfTests.All.Select(test => test.Name), SetupName];

    internal IReadOnlyList<PerfTest> Tests { get; init; } = PerfTests.All;

    /// <summary>Whether the time for creating the slots is measured for itself.</summary>
    internal bool Setup { get; init; } = true;

    /// <summary>Slots that each machine may use; the test slots are one fewer.</summary>
    internal IReadOnlyList<int> Slots { get; init; } = DefaultSlots;

    internal IReadOnlyList<SlotStoreDesign> Stores { get; init; } = SlotStores.All;

    /// <summary>One of the stores.</summary>
    internal SlotStoreDesign Baseline { get; init; } = SlotStores.Baseline;

    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

    internal int Runs { get; init; } = 1;

    internal bool Verify { get; init; }

    /// <summary>Where JSON goes; <c>-</c> is the standard output.</summary>
    internal string? JsonPath { get; init; }

    /// <summary>How long host and guest may take to meet.</summary>
    internal TimeSpan Alarm { get; init; } = TimeSpan.FromSeconds(10);

    internal bool JsonReplacesTable => JsonPath == "-";

    /// <exception cref="CommandException">A value is wrong.</exception>
    internal static PerfOptions Parse(
        string? tests, string? slots, string? stores, string? baseline, string? seconds, string? runs)
    {
        var options = new PerfOptions();
        if (tests is not null)
        {
            string[] names = [.. Items("--test", tests).Select(name => Known("test", name, TestNames, known => known))];
            options = options with
            {
                Tests = [.. PerfTests.All.Where(test => names.Contains(test.Name))],
                Setup = names.Contains(SetupName),
            };
        }
        if (slots is not null)
            options = options with { Slots = [.. Items("--slots", slots).Select(ParseSlots).Distinct()] };
        if (stores is not null)
            options = options with { Stores = [.. Items("--store", stores).Select(FindStore).Distinct()] };
        options = options with { Baseline = ChooseBaseline(options.Stores, baseline) };
        if (seconds is not null)
            options = options with { Limit = ParseSeconds(seconds) };
        return runs is null ? options : options with { Runs = ParseRuns(runs) };
    }

    internal static string? CheckPath(string? path) =>
        path is { Length: 0 } ? throw CommandException.WrongUse("--json needs a file name, or \"-\"") : path;

    static SlotStoreDesign ChooseBaseline(IReadOnlyList<SlotStoreDesign> stores, string? name)
    {
        if (name is null)
            return stores.Contains(SlotStores.Baseline) ? SlotStores.Baseline : stores[0];
        SlotStoreDesign baseline = FindStore(name);
        return stores.Contains(baseline)
            ? baseline
            : throw CommandException.WrongUse($"the baseline \"{name}\" is not among the stores of --store");
    }

    static SlotStoreDesign FindStore(string name) => Known("store", name, SlotStores.All, store => store.Name);

    static T Known<T>(string kind, string name, IReadOnlyList<T> all, Func<T, string> nameOf)
    {
        foreach (T candidate in all)
        {
            if (nameOf(candidate) == name)
                return candidate;
        }
        throw CommandException.WrongUse($"unknown {kind} \"{name}\"; known are {string.Join(", ", all.Select(nameOf))}");
    }

    static int ParseSlots(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int slots)
        && slots is >= LeastSlots and <= MostSlots
            ? slots
            : throw CommandException.WrongUse($"--slots \"{text}\" is not a number from {LeastSlots} to {MostSlots}");

    static TimeSpan ParseSeconds(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
        && seconds is > 0 and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw CommandException.WrongUse(
                $"--seconds \"{text}\" is not a number above 0 and up to {MostSeconds}");

    static int ParseRuns(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int runs) && runs >= 1
            ? runs
            : throw CommandException.WrongUse($"--runs \"{text}\" is not a number from 1");

    static string[] Items(string option, string text)
    {
        string[] items = text.Split(',', StringSplitOptions.TrimEntries);
        return items.Contains("") ? throw CommandException.WrongUse($"{option} \"{text}\" has an empty entry") : items;
    }
}
