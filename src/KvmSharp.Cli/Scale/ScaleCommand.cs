using System.CommandLine;
using System.Threading;
using KvmSharp.Cli.Help;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Cli.Scale;

/// <summary><c>kvmsharp scale</c>: a command for each subject.</summary>
static class ScaleCommand
{
    internal static Command Create(Terminal terminal, CancellationToken interruption)
    {
        var command = new Command("scale", "Measure what each design of a part costs as the machine grows.");
        foreach (ScaleSubject subject in ScaleSubjects.All)
            command.Subcommands.Add(ScaleSubjectCommand.Create(subject, terminal, interruption));
        command.SetAction(_ =>
        {
            HelpPage.Write(command, terminal);
            return ExitCode.Success;
        });
        return command;
    }
}
