using System;
using System.Threading;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Results;

namespace KvmSharp.Cli.Scale;

/// <summary>Runs a measurement and reports it: the command's work once its options are read.</summary>
static class ScaleReport
{
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">It cannot be done or was interrupted.</exception>
    internal static int Run(ScaleOptions options, Terminal terminal, CancellationToken interruption)
    {
        MachineDescription machine = MachineDescription.OfThisMachine();
        RequireSupport();
        using JsonTarget json = JsonTarget.Open(options.JsonPath, terminal);
        ScaleOutcome outcome = Measure(options, terminal, interruption);
        if (!json.ReplacesTables)
            new ScaleTables(options, machine, outcome).Write(terminal);
        json.Write(() => ScaleJson.Write(options, machine, outcome));
        RequireWhole(outcome);
        return ExitCode.Success;
    }

    /// <summary>Measures for another command.</summary>
    /// <returns>The document that <c>scale --json</c> writes.</returns>
    /// <exception cref="CommandException">It cannot be done or was interrupted.</exception>
    internal static string Measure(
        ScaleOptions options, MachineDescription machine, Terminal terminal, CancellationToken interruption)
    {
        RequireSupport();
        ScaleOutcome outcome = Measure(options, terminal, interruption);
        RequireWhole(outcome);
        return ScaleJson.Write(options, machine, outcome);
    }

    static void RequireSupport()
    {
        if (!Environment.Is64BitProcess)
            throw new CommandException(ExitCode.NotSupported, "guests need a 64-bit process");
    }

    static ScaleOutcome Measure(ScaleOptions options, Terminal terminal, CancellationToken interruption)
    {
        try
        {
            return ScaleSession.Run(options, terminal, interruption);
        }
        catch (HostMemoryException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
    }

    static void RequireWhole(ScaleOutcome outcome)
    {
        if (!outcome.IsComplete)
            throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete");
    }
}
