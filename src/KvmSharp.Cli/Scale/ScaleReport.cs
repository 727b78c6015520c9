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
        if (!outcome.IsComplete)
            throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete");
        return ExitCode.Success;
    }

    /// <summary>Measures for another command.</summary>
    /// <returns>The document that <c>scale --json</c> writes; not complete after an interruption.</returns>
    /// <exception cref="CommandException">It cannot be done.</exception>
    internal static string Measure(
        ScaleOptions options, MachineDescription machine, Terminal terminal, CancellationToken interruption)
    {
        RequireSupport();
        return ScaleJson.Write(options, machine, Measure(options, terminal, interruption));
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
}
