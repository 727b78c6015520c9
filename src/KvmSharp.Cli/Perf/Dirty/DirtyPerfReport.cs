using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>Runs a measurement of dirty logging and reports it.</summary>
static class DirtyPerfReport
{
    // Guest memory, its image, tables and bitmaps.
    const int MemoryFactor = 2;
    const long MemoryBeside = 256 << 20;

    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">It cannot be done, failed or was interrupted.</exception>
    internal static int Run(DirtyPerfOptions options, Terminal terminal, CancellationToken interruption)
    {
        MachineDescription machine = MachineDescription.OfThisMachine();
        RequireSupport(options, machine);
        using JsonTarget json = JsonTarget.Open(options.JsonPath, terminal);
        DirtyPerfOutcome outcome = Measure(options, terminal, interruption);
        if (!json.ReplacesTables)
            DirtyPerfTable.Write(options, machine, outcome, terminal.Out);
        json.Write(() => DirtyPerfJson.Write(options, machine, outcome));
        RequireSound(outcome);
        if (!outcome.IsComplete)
            throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete");
        return ExitCode.Success;
    }

    /// <summary>Measures for another command.</summary>
    /// <returns>The document that <c>perf --json</c> writes; not complete after an interruption.</returns>
    /// <exception cref="CommandException">It cannot be done or failed.</exception>
    internal static string Measure(
        DirtyPerfOptions options, MachineDescription machine, Terminal terminal, CancellationToken interruption)
    {
        RequireSupport(options, machine);
        DirtyPerfOutcome outcome = Measure(options, terminal, interruption);
        RequireSound(outcome);
        return DirtyPerfJson.Write(options, machine, outcome);
    }

    static void RequireSound(DirtyPerfOutcome outcome)
    {
        if (outcome.Failure is not null)
            throw new CommandException(ExitCode.Failed, $"failed: {outcome.Failure}");
    }

    static DirtyPerfOutcome Measure(DirtyPerfOptions options, Terminal terminal, CancellationToken interruption)
    {
        var outcome = new DirtyPerfOutcome();
        (string Name, Action Run)[] runs = [.. Runs(options, outcome)];
        var progress = new ProgressLine(terminal, runs.Length);
        try
        {
            foreach ((string name, Action run) in runs)
            {
                if (interruption.IsCancellationRequested)
                    break;
                progress.Begin(name);
                run();
                progress.Advance();
            }
            outcome.IsComplete = !interruption.IsCancellationRequested;
        }
        catch (PerfTestException exception)
        {
            outcome.Failure = exception.Message;
        }
        catch (HostMemoryException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
        finally
        {
            progress.Clear();
        }
        return outcome;
    }

    static IEnumerable<(string Name, Action Run)> Runs(DirtyPerfOptions options, DirtyPerfOutcome outcome)
    {
        foreach (string test in options.Tests)
        {
            string[] modes = test switch
            {
                DirtyPerfOptions.DirtyLog => [DirtyLogRun.Bitmap, DirtyLogRun.Manual, DirtyLogRun.InitiallySet],
                DirtyPerfOptions.DirtyRing => [DirtyLogRun.Ring],
                _ => [],
            };
            foreach (string mode in modes)
                yield return ($"{test} {mode}", new DirtyLogRun(test, mode, options, outcome).Measure);
            if (modes.Length == 0)
                yield return (test, new RestoreRun(options, outcome).Measure);
        }
    }

    static void RequireSupport(DirtyPerfOptions options, MachineDescription machine)
    {
        if (!Environment.Is64BitProcess)
            throw new CommandException(ExitCode.NotSupported, "guests need a 64-bit process");
        long needed = ((long)(options.Pages << Addresses.Page.Shift) * MemoryFactor) + MemoryBeside;
        if (machine.MemoryBytes < needed)
        {
            throw new CommandException(ExitCode.NotSupported, string.Create(
                CultureInfo.InvariantCulture, $"{needed >> 20} MiB of memory are needed, {machine.MemoryBytes >> 20} MiB are there"));
        }
    }
}
