using System;
using System.CommandLine;
using System.CommandLine.Help;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using KvmSharp.Cli.Compare;
using KvmSharp.Cli.Conform;
using KvmSharp.Cli.Doctor;
using KvmSharp.Cli.Help;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Report;
using KvmSharp.Cli.Run;
using KvmSharp.Cli.Scale;

namespace KvmSharp.Cli;

/// <summary>The whole command line: what <c>kvmsharp</c> does with its arguments.</summary>
static partial class CommandLineProgram
{
    internal const string Name = "kvmsharp";

    /// <summary>Runs a command.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static int Run(string[] args, Terminal terminal, CancellationToken interruption = default)
    {
        RootCommand root = NewRoot(terminal, interruption);
        // An argument that begins with @ is an argument, not a file of arguments.
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        string command = NameOf(parsed.CommandResult.Command);
        try
        {
            if (parsed.Errors.Count > 0 && parsed.Action is not (HelpPageAction or VersionLineAction))
                throw CommandException.WrongUse(WrongUse.Describe(parsed));
            var invocation = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.Invoke(invocation);
        }
        catch (CommandException exception)
        {
            terminal.Error.WriteLine($"{command}: {exception.Message}");
            return exception.ExitCode;
        }
    }

    /// <summary>A command as it is typed: the program's name and those of the commands above it.</summary>
    internal static string NameOf(Command command) => command switch
    {
        RootCommand => Name,
        _ when command.Parents.OfType<Command>().FirstOrDefault() is { } parent => $"{NameOf(parent)} {command.Name}",
        _ => command.Name,
    };

    /// <summary>A command line as it can be typed again; what is more than words, digits and signs is quoted for a shell.</summary>
    internal static string Retype(ParseResult parsed) =>
        string.Join(' ', parsed.Tokens.Select(token => Plain().IsMatch(token.Value) ? token.Value : Quote(token.Value)).Prepend(Name));

    static string Quote(string value) => "'" + value.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@"\A[\w,.:/=@%+-]+\z")]
    private static partial Regex Plain();

    static RootCommand NewRoot(Terminal terminal, CancellationToken interruption)
    {
        var root = new RootCommand("KVM's virtual-machine core as a .NET library: try it and measure it.");
        root.Directives.Clear();
        root.Subcommands.Add(PerfCommand.Create(terminal, interruption));
        root.Subcommands.Add(ConformCommand.Create(terminal, interruption));
        root.Subcommands.Add(RunCommand.Create(terminal, interruption));
        root.Subcommands.Add(DoctorCommand.Create(terminal));
        root.Subcommands.Add(ScaleCommand.Create(terminal, interruption));
        root.Subcommands.Add(ReportCommand.Create(terminal, interruption));
        root.Subcommands.Add(CompareCommand.Create(terminal));
        foreach (Option option in root.Options)
        {
            if (option is HelpOption help)
                help.Action = new HelpPageAction(terminal);
            else if (option is VersionOption version)
                version.Action = new VersionLineAction(terminal);
        }
        root.SetAction(parsed =>
        {
            HelpPage.Write(root, terminal);
            return ExitCode.Success;
        });
        return root;
    }
}
