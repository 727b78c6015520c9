using System;

namespace KvmSharp.Cli;

/// <summary>Ends a command with one line on the error stream and an exit code.</summary>
sealed class CommandException(int exitCode, string message) : Exception(message)
{
    internal int ExitCode => exitCode;

    internal static CommandException WrongUse(string message) => new(Cli.ExitCode.WrongUse, message);
}
