using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Help;
using KvmSharp.Cli.Perf.Backends;
using KvmSharp.Cli.Perf.Dirty;

namespace KvmSharp.Cli.Perf;

/// <summary><c>kvmsharp perf</c>: its options, and what it does with them.</summary>
sealed class PerfCommand : Command, IExplained
{
    readonly Option<string?> _tests = OptionText.New(
        "--test", "LIST", $"Tests to run, of {string.Join(", ", PerfOptions.TestNames)}: all by default. "
        + $"Or of {string.Join(", ", DirtyPerfOptions.TestNames)}.");

    readonly Option<string?> _slots = OptionText.New(
        "--slots", "LIST",
        $"Slots in use, {PerfOptions.LeastSlots} to {PerfOptions.MostSlots}, the harness's own slot included. "
        + $"By default {string.Join(",", PerfOptions.DefaultSlots)}.");

    readonly Option<string?> _stores = OptionText.New(
        "--store", "LIST",
        $"Slot stores to measure, of {string.Join(", ", SlotStores.All.Select(store => store.Name))}. All by default. "
        + "After fixed-array and growable-array may follow the most slots they take: growable-array:509.");

    readonly Option<string?> _baseline = OptionText.New(
        "--baseline", "STORE", $"The store that the others are compared with. By default {SlotStores.Baseline}.");

    readonly Option<string?> _backend = OptionText.New(
        "--backend", "KIND",
        "Time adding, moving and deleting slots by real ioctls (kvm), or by them and by ours side by side (both). By default "
        + "soft: the tests below, on ours.");

    readonly Option<string?> _guest = OptionText.New(
        "--guest", "KIND",
        "What executes the guest's loops: C# on the vCPU's memory view (view, the default), or the software CPU (x86).");

    readonly Option<string?> _seconds = OptionText.New(
        "--seconds", "S", $"How long each test iterates. By default {PerfOptions.DefaultSeconds}.");

    readonly Option<string?> _runs = OptionText.New("--runs", "R", "Run everything so often and keep the best. By default 1.");

    readonly Option<string?> _memory = OptionText.New(
        "--memory", "MIB", $"Memory of each vCPU in dirty-log, dirty-ring and restore. By default {DirtyPerfOptions.DefaultMegabytes}.");

    readonly Option<string?> _vcpus = OptionText.New("--vcpus", "N", "vCPUs in dirty-log and dirty-ring. By default 1.");

    readonly Option<string?> _writeFraction = OptionText.New(
        "--write-fraction", "F", "Pages that dirty-log and dirty-ring write, as a part of all; the rest is read. By default 1.");

    readonly Option<string?> _iterations = OptionText.New(
        "--iterations", "N", $"How often dirty-log and dirty-ring dirty memory. By default {DirtyPerfOptions.DefaultIterations}.");

    readonly Option<bool> _verify = new("--verify") { Description = "Let map and unmap check values too; rw always does." };

    readonly Option<string?> _json = OptionText.New(
        "--json", "FILE", "Write the results as JSON as well; to \"-\", instead of the table.");

    PerfCommand()
        : base("perf", "Measure slot operations, and host unmaps, while a vCPU uses the memory.")
    {
        foreach (Option option in (Option[])[_tests, _slots, _stores, _baseline, _backend, _guest, _seconds, _runs, _memory, _vcpus, _writeFraction, _iterations, _verify, _json])
            Options.Add(option);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Heading, string[] Lines)> Parts { get; } =
    [
        ("Tests:",
        [
            "map            The guest writes half of 32 MiB while the host discards the other half.",
            "unmap          The host discards 128 MiB page by page; the guest uses two pages of it.",
            "unmap-chunked  The same in chunks of 2 MiB.",
            "move-active    The last of the slots in 512 MiB moves away and back while the guest uses it.",
            "move-inactive  The same while the guest uses only what lies below it.",
            "rw             Host and guest write and check each of 131072 pages in turns.",
            "setup          All slots of 512 MiB are mapped and created.",
        ]),
        ("Tests of dirty logging, on their own:",
        [
            "dirty-log      Guests dirty memory; the host reads and clears bitmaps, in KVM's modes.",
            "dirty-ring     The same with dirty rings.",
            "restore        A machine is brought back to a checkpoint after pages were written.",
        ]),
        ("Examples:",
        [
            "kvmsharp perf",
            "kvmsharp perf --test move-active,move-inactive --slots 509,32764",
            "kvmsharp perf --store twin-trees,slot-trie --seconds 1",
            "kvmsharp perf --guest x86 --slots 10,509,32764",
            "kvmsharp perf --backend both --runs 3",
            "kvmsharp perf --test dirty-log,restore --memory 256 --write-fraction 0.1",
            "kvmsharp perf --slots 32764 --seconds 5 --runs 3 --verify --json results.json",
        ]),
        ("Exit codes:",
        [
            "0 done   1 a test failed, or interrupted   2 wrong use   3 not possible on this machine",
        ]),
    ];

    internal static PerfCommand Create(Terminal terminal, CancellationToken interruption)
    {
        var command = new PerfCommand();
        command.SetAction(parsed => command.ReadBackend(parsed) is var backend && backend != PerfBackend.Soft
            ? BackendReport.Run(command.Read(parsed), backend, terminal, interruption)
            : DirtyPerfOptions.AreNamed(parsed.GetValue(command._tests))
            ? DirtyPerfReport.Run(command.ReadDirty(parsed), terminal, interruption)
            : PerfReport.Run(command.Read(parsed), terminal, interruption));
        return command;
    }

    PerfBackend ReadBackend(ParseResult parsed)
    {
        if (parsed.GetValue(_backend) is not { } name)
            return PerfBackend.Soft;
        PerfBackend backend = OptionText.Known(
            "backend", name, Enum.GetValues<PerfBackend>(), known => known.ToString().ToLowerInvariant());
        if (backend != PerfBackend.Soft
            && ((parsed.GetValue(_tests) ?? parsed.GetValue(_stores) ?? parsed.GetValue(_baseline) ?? parsed.GetValue(_guest)) is not null || parsed.GetValue(_verify)))
        {
            throw CommandException.WrongUse("--test, --store, --baseline, --guest and --verify go with --backend soft");
        }
        return backend;
    }

    // Options of the one kind of test are wrong with the other.
    static void RequireUnused(ParseResult parsed, params Option[] options)
    {
        foreach (Option option in options)
        {
            if (parsed.GetResult(option) is { Implicit: false })
                throw CommandException.WrongUse($"{option.Name} has no meaning with these tests");
        }
    }

    DirtyPerfOptions ReadDirty(ParseResult parsed)
    {
        RequireUnused(parsed, _stores, _baseline, _backend, _guest, _seconds, _runs, _verify);
        return DirtyPerfOptions.Parse(
            parsed.GetValue(_tests)!,
            parsed.GetValue(_memory),
            parsed.GetValue(_slots),
            parsed.GetValue(_vcpus),
            parsed.GetValue(_writeFraction),
            parsed.GetValue(_iterations)) with
        {
            JsonPath = JsonTarget.CheckPath(parsed.GetValue(_json)),
            CommandLine = CommandLineProgram.Retype(parsed),
        };
    }

    PerfOptions Read(ParseResult parsed)
    {
        RequireUnused(parsed, _memory, _vcpus, _writeFraction, _iterations);
        return ReadSlotTests(parsed);
    }

    PerfOptions ReadSlotTests(ParseResult parsed) => PerfOptions.Parse(
        parsed.GetValue(_tests),
        parsed.GetValue(_slots),
        parsed.GetValue(_stores),
        parsed.GetValue(_baseline),
        parsed.GetValue(_seconds),
        parsed.GetValue(_runs)) with
    {
        Guest = PerfOptions.ParseGuest(parsed.GetValue(_guest)),
        Verify = parsed.GetValue(_verify),
        JsonPath = JsonTarget.CheckPath(parsed.GetValue(_json)),
        CommandLine = CommandLineProgram.Retype(parsed),
    };
}
