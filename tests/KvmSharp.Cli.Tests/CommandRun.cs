using System;
using System.IO;
using System.Threading;

namespace KvmSharp.Cli.Tests;

/// <summary>What a command line printed and returned.</summary>
sealed record CommandRun(int ExitCode, string Out, string Error)
{
    internal static CommandRun Of(string commandLine, CancellationToken interruption = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        string[] args = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int exitCode = CommandLineProgram.Run(args, new Terminal(output, error), interruption);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}
