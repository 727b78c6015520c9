using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>What to measure of dirty logging, read from the command line and checked.</summary>
sealed record DirtyPerfOptions
{
    internal const string DirtyLog = "dirty-log";
    internal const string DirtyRing = "dirty-ring";
    internal const string Restore = "restore";
    internal const int DefaultMegabytes = 128;
    internal const int MostMegabytes = 1 << 20;
    internal const int MostVcpus = 64;
    internal const int DefaultIterations = 3;
    internal const double DefaultWriteFraction = 1;

    internal static IReadOnlyList<string> TestNames { get; } = [DirtyLog, DirtyRing, Restore];

    internal required IReadOnlyList<string> Tests { get; init; }

    /// <summary>Memory of each vCPU.</summary>
    internal int Megabytes { get; init; } = DefaultMegabytes;

    /// <summary>Slots that the memory is cut into.</summary>
    internal int Slots { get; init; } = 1;

    internal int Vcpus { get; init; } = 1;

    /// <summary>Pages that are written, as a part of all; the rest is read.</summary>
    internal double WriteFraction { get; init; } = DefaultWriteFraction;

    internal int Iterations { get; init; } = DefaultIterations;

    /// <summary>Where JSON goes; <c>-</c> is the standard output.</summary>
    internal string? JsonPath { get; init; }

    /// <summary>The command line that these options come from, where there is one.</summary>
    internal string? CommandLine { get; init; }

    internal ulong PagesPerVcpu => (ulong)Megabytes << (20 - Page.Shift);

    internal ulong Pages => PagesPerVcpu * (ulong)Vcpus;

    /// <summary>Whether a list of tests names one of these.</summary>
    internal static bool AreNamed(string? tests) => tests is not null && tests.Split(',', StringSplitOptions.TrimEntries).Any(TestNames.Contains);

    /// <exception cref="CommandException">A value is wrong.</exception>
    internal static DirtyPerfOptions Parse(
        string tests, string? memory, string? slots, string? vcpus, string? writeFraction, string? iterations)
    {
        string[] names = OptionText.Items("--test", tests);
        if (names.FirstOrDefault(name => !TestNames.Contains(name)) is { } stranger)
        {
            throw CommandException.WrongUse(
                $"{names.First(TestNames.Contains)} is not measured together with \"{stranger}\", but with {string.Join(", ", TestNames)} only");
        }
        var options = new DirtyPerfOptions { Tests = [.. TestNames.Where(names.Contains)] };
        if (memory is not null)
            options = options with { Megabytes = (int)OptionText.Number("--memory", memory, 1, MostMegabytes) };
        if (slots is not null)
            options = options with { Slots = (int)OptionText.Number("--slots", slots, 1, SlotLimits.UserSlots) };
        if (vcpus is not null)
            options = options with { Vcpus = (int)OptionText.Number("--vcpus", vcpus, 1, MostVcpus) };
        if (writeFraction is not null)
            options = options with { WriteFraction = ParseFraction(writeFraction) };
        if (iterations is not null)
            options = options with { Iterations = (int)OptionText.Number("--iterations", iterations, 1, 10_000) };
        return (ulong)options.Slots <= options.Pages
            ? options
            : throw CommandException.WrongUse($"{options.Pages} pages are too few for {options.Slots} slots");
    }

    static double ParseFraction(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double fraction) && fraction is > 0 and <= 1
            ? fraction
            : throw CommandException.WrongUse($"--write-fraction \"{text}\" is not a number above 0 and up to 1");
}
