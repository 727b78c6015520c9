using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;
using KvmSharp.Hardware;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary><c>perf --backend kvm</c> and <c>both</c>: slot changes by real ioctls, beside ours.</summary>
static class BackendReport
{
    internal const int Schema = 1;

    const ulong HostBytes = 64UL << 20;
    const int SlotsPerRun = 10_000;
    const int MostMachines = 50;
    const int WarmUpSlots = 509;
    const int WarmUpRounds = 10;

    static readonly TimeSpan _longestMoves = TimeSpan.FromMilliseconds(200);

    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">It cannot be done, failed or was interrupted.</exception>
    internal static int Run(PerfOptions options, PerfBackend backend, Terminal terminal, CancellationToken interruption)
    {
        string? reason = "it is Linux'";
        if (!OperatingSystem.IsLinux() || !new HardwareBackend().IsAvailable(out reason))
            throw new CommandException(ExitCode.NotSupported, $"no machines on /dev/kvm: {reason}");
        var targets = new List<(string Name, Func<ISlotTarget> New)> { ("kvm", NewKernelTarget) };
        if (backend == PerfBackend.Both)
            targets.Add(("soft", static () => new SoftSlotTarget()));

        using JsonTarget json = JsonTarget.Open(options.JsonPath, terminal);
        List<BackendResult> results;
        try
        {
            results = Measure(options, targets, terminal, interruption);
        }
        catch (PerfTestException exception)
        {
            throw new CommandException(ExitCode.Failed, $"failed: {exception.Message}");
        }
        catch (Exception exception) when (exception is KvmException or HostMemoryException)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
        MachineDescription machine = MachineDescription.OfThisMachine();
        if (!json.ReplacesTables)
            WriteTable(results, machine, options.Runs, terminal.Out);
        json.Write(() => JsonSerializer.Serialize(
            new BackendDocument(Schema, options.CommandLine, machine, options.Runs, results),
            BackendJsonContext.Default.BackendDocument));
        return interruption.IsCancellationRequested
            ? throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete")
            : ExitCode.Success;
    }

    [SupportedOSPlatform("linux")]
    static KernelSlotTarget NewKernelTarget() => new();

    static List<BackendResult> Measure(
        PerfOptions options, List<(string Name, Func<ISlotTarget> New)> targets, Terminal terminal, CancellationToken interruption)
    {
        TimeSpan moves = options.Limit < _longestMoves ? options.Limit : _longestMoves;
        var progress = new ProgressLine(terminal, options.Slots.Count * options.Runs * targets.Count);
        using AnonymousMemory memory = AnonymousMemory.Create(HostBytes);
        // What runs first would otherwise be measured while it is still being compiled.
        foreach ((string name, Func<ISlotTarget> newTarget) in targets)
        {
            progress.Begin($"warming up {name}");
            for (int round = 0; round < (name == "soft" ? WarmUpRounds : 1); round++)
                BackendRun.Measure(newTarget, WarmUpSlots, memory, moves / WarmUpRounds, interruption);
        }

        var best = new Dictionary<(string Name, int Slots), BackendTiming>();
        for (int run = 0; run < options.Runs; run++)
        {
            foreach (int slots in options.Slots)
            {
                foreach ((string name, Func<ISlotTarget> newTarget) in targets)
                {
                    if (interruption.IsCancellationRequested)
                        break;
                    progress.Begin($"{name}: {slots} slots");
                    // A few slots are added and deleted in no time: several machines, so that one disturbance does not count.
                    int machines = Math.Clamp(SlotsPerRun / slots, 1, MostMachines);
                    for (int machine = 0; machine < machines && !interruption.IsCancellationRequested; machine++)
                    {
                        if (BackendRun.Measure(newTarget, slots, memory, moves / machines, interruption) is not { } timing)
                            break;
                        best[(name, slots)] = best.TryGetValue((name, slots), out BackendTiming other) ? timing.Best(other) : timing;
                    }
                    progress.Advance();
                }
            }
        }
        progress.Clear();
        return
        [
            .. options.Slots.SelectMany(slots => targets
                .Where(target => best.ContainsKey((target.Name, slots)))
                .Select(target => new BackendResult(slots, target.Name, best[(target.Name, slots)]))),
        ];
    }

    static void WriteTable(List<BackendResult> results, MachineDescription machine, int runs, TextWriter writer)
    {
        string note = runs == 1 ? "" : $" Best of {runs} runs.";
        writer.WriteLine($"Time for one change of a slot, without vCPUs.{note} On {machine}.");
        writer.WriteLine();
        bool both = results.Any(result => result.Backend == "soft");
        writer.WriteLine($"{"Slots",-8}{"Change",-10}{"kvm",12}{(both ? $"{"soft",12}{"kvm/soft",12}" : "")}");
        foreach (IGrouping<int, BackendResult> group in results.GroupBy(result => result.Slots))
        {
            BackendTiming kvm = group.First(result => result.Backend == "kvm").Timing;
            BackendTiming? soft = group.FirstOrDefault(result => result.Backend == "soft")?.Timing;
            WriteRow(writer, group.Key.ToString(CultureInfo.InvariantCulture), "add", kvm.Add, soft?.Add);
            WriteRow(writer, "", "move", kvm.Move, soft?.Move);
            WriteRow(writer, "", "delete", kvm.Delete, soft?.Delete);
        }
    }

    static void WriteRow(TextWriter writer, string slots, string change, double kvm, double? soft)
    {
        string ours = soft is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{Microseconds(seconds),12}{kvm / seconds,11:0.0}×") : "";
        writer.WriteLine($"{slots,-8}{change,-10}{Microseconds(kvm),12}{ours}");
    }

    static string Microseconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.00} µs");
}

/// <summary>Which machines slot changes are timed on.</summary>
enum PerfBackend
{
    Soft,
    Kvm,
    Both,
}

/// <summary>The times at one number of slots.</summary>
/// <param name="Slots">Slots.</param>
/// <param name="Backend">Whose.</param>
/// <param name="Timing">Seconds for one change.</param>
sealed record BackendResult(int Slots, string Backend, BackendTiming Timing);

/// <summary>The document, member by member.</summary>
/// <param name="Schema">Rises when a member changes its meaning or goes.</param>
/// <param name="Command">The command line that measures the same again.</param>
/// <param name="Machine">Where, and of which sources.</param>
/// <param name="Runs">Runs, of which the best is reported.</param>
/// <param name="Results">The results.</param>
sealed record BackendDocument(
    int Schema, string? Command, MachineDescription Machine, int Runs, IReadOnlyList<BackendResult> Results);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackendDocument))]
sealed partial class BackendJsonContext : JsonSerializerContext;
