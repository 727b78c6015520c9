using System;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Perf;

/// <summary>Runs a measurement and reports it: the command's work once its options are read.</summary>
static class PerfReport
{
    const long MemoryBeside = 256 << 20;

    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">It cannot be done, failed or was interrupted.</exception>
    internal static int Run(PerfOptions options, Terminal terminal, CancellationToken interruption)
    {
        MachineDescription machine = MachineDescription.OfThisMachine();
        RequireSupport(options, machine);
        using JsonTarget json = JsonTarget.Open(options.JsonPath, terminal);
        PerfOutcome outcome = Measure(options, terminal, interruption);
        if (!json.ReplacesTables)
            new PerfTable(options, machine, outcome).Write(terminal);
        json.Write(() => PerfJson.Write(options, machine, outcome));

        RequireSound(outcome);
        if (!outcome.IsComplete)
            throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete");
        return ExitCode.Success;
    }

    /// <summary>Measures for another command.</summary>
    /// <returns>The document that <c>perf --json</c> writes; not complete after an interruption.</returns>
    /// <exception cref="CommandException">It cannot be done or failed.</exception>
    internal static string Measure(
        PerfOptions options, MachineDescription machine, Terminal terminal, CancellationToken interruption)
    {
        RequireSupport(options, machine);
        PerfOutcome outcome = Measure(options, terminal, interruption);
        RequireSound(outcome);
        return PerfJson.Write(options, machine, outcome);
    }

    static PerfOutcome Measure(PerfOptions options, Terminal terminal, CancellationToken interruption)
    {
        try
        {
            return PerfSession.Run(options, terminal, interruption);
        }
        catch (HostMemoryException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
    }

    static void RequireSound(PerfOutcome outcome)
    {
        if (outcome.Failure is not null)
            throw new CommandException(ExitCode.Failed, $"failed: {outcome.Failure}");
    }

    static void RequireSupport(PerfOptions options, MachineDescription machine)
    {
        if (!Environment.Is64BitProcess)
            throw new CommandException(ExitCode.NotSupported, "guests need a 64-bit process");
        ulong pages = options.Tests.Select(test => test.Pages).Append(options.Setup ? DefaultMemory.Pages : 0).Max();
        long needed = (long)(pages * Addresses.Page.Size) + MemoryBeside;
        if (machine.MemoryBytes < needed)
        {
            throw new CommandException(
                ExitCode.NotSupported, $"{needed >> 20} MiB of memory are needed, {machine.MemoryBytes >> 20} MiB are there");
        }
    }
}
