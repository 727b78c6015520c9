using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>What to measure, read from the command line and checked.</summary>
sealed record PerfOptions
{
    internal const string SetupName = "setup";
    internal const int LeastSlots = 2;
    internal const int MostSlots = SlotLimits.UserSlots;
    internal const double DefaultSeconds = 0.04;

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

    /// <summary>What executes the guest's side.</summary>
    internal GuestKind Guest { get; init; }

    /// <summary>Where JSON goes; <c>-</c> is the standard output.</summary>
    internal string? JsonPath { get; init; }

    /// <summary>The command line that these options come from, where there is one.</summary>
    internal string? CommandLine { get; init; }

    /// <summary>How long host and guest may take to meet.</summary>
    internal TimeSpan Alarm { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="CommandException">A value is wrong.</exception>
    internal static PerfOptions Parse(
        string? tests, string? slots, string? stores, string? baseline, string? seconds, string? runs)
    {
        var options = new PerfOptions();
        if (tests is not null)
        {
            string[] names = [.. OptionText.Items("--test", tests).Select(name => OptionText.Known("test", name, TestNames, known => known))];
            options = options with
            {
                Tests = [.. PerfTests.All.Where(test => names.Contains(test.Name))],
                Setup = names.Contains(SetupName),
            };
        }
        if (slots is not null)
            options = options with { Slots = [.. OptionText.Items("--slots", slots).Select(ParseSlots).Distinct()] };
        if (stores is not null)
            options = options with { Stores = [.. OptionText.Items("--store", stores).Select(SlotStores.Find).Distinct()] };
        options = options with { Baseline = ChooseBaseline(options.Stores, baseline) };
        if (seconds is not null)
            options = options with { Limit = OptionText.Seconds("--seconds", seconds) };
        return runs is null ? options : options with { Runs = ParseRuns(runs) };
    }

    /// <summary>What the command line and results call it.</summary>
    internal static string NameOf(GuestKind guest) => guest.ToString().ToLowerInvariant();

    /// <exception cref="CommandException">There is no such kind.</exception>
    internal static GuestKind ParseGuest(string? name) =>
        name is null ? default : OptionText.Known("guest", name, Enum.GetValues<GuestKind>(), NameOf);

    static SlotStoreDesign ChooseBaseline(IReadOnlyList<SlotStoreDesign> stores, string? name)
    {
        if (name is null)
            return stores.Contains(SlotStores.Baseline) ? SlotStores.Baseline : stores[0];
        SlotStoreDesign baseline = SlotStores.Find(name);
        return stores.Contains(baseline)
            ? baseline
            : throw CommandException.WrongUse($"the baseline \"{name}\" is not among the stores of --store");
    }

    static int ParseSlots(string text) => (int)OptionText.Number("--slots", text, LeastSlots, MostSlots);

    static int ParseRuns(string text) => (int)OptionText.Number("--runs", text, 1, int.MaxValue);
}
