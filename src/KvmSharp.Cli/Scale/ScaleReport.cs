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
        if (!Environment.Is64BitProcess)
            throw new CommandException(ExitCode.NotSupported, "guests need a 64-bit process");
        MachineDescription machine = MachineDescription.OfThisMachine();
        using JsonTarget json = JsonTarget.Open(options.JsonPath, terminal);
        ScaleOutcome outcome;
        try
        {
            outcome = ScaleSession.Run(options, terminal, interruption);
        }
        catch (HostMemoryException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }

        if (!json.ReplacesTables)
            new ScaleTables(options, machine, outcome).Write(terminal);
        json.Write(() => ScaleJson.Write(options, machine, outcome));
        if (!outcome.IsComplete)
            throw new CommandException(ExitCode.Failed, "interrupted; the results are not complete");
        return ExitCode.Success;
    }
}
