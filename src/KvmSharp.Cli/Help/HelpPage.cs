using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.IO;
using System.Linq;

namespace KvmSharp.Cli.Help;

/// <summary>A command's help, made from its symbols.</summary>
static class HelpPage
{
    const string Indent = "  ";
    const int Gap = 2;

    internal static void Write(Command command, Terminal terminal)
    {
        TextWriter writer = terminal.Out;
        foreach (string line in Wrap(command.Description ?? "", terminal.Width))
            writer.WriteLine(line);
        writer.WriteLine();
        writer.WriteLine("Usage:");
        string name = CommandLineProgram.NameOf(command);
        writer.WriteLine($"{Indent}{name}{(command.Subcommands.Count > 0 ? " <command>" : "")}{string.Concat(command.Arguments.Select(Place))} [options]");

        WriteList(terminal, "Commands:", [.. command.Subcommands.Select(sub => (sub.Name, sub.Description ?? ""))]);
        WriteList(terminal, "Arguments:", [.. command.Arguments.Select(argument => (argument.Name, argument.Description ?? ""))]);
        WriteList(terminal, "Options:", [.. OptionsOf(command).Select(option => (Heading(option), Describe(option)))]);
        if (command is IExplained explained)
        {
            foreach ((string heading, string[] lines) in explained.Parts)
            {
                writer.WriteLine();
                writer.WriteLine(heading);
                foreach (string line in lines)
                    writer.WriteLine(Indent + line);
            }
        }
        if (command.Subcommands.Count > 0)
        {
            writer.WriteLine();
            writer.WriteLine($"\"{name} <command> --help\" explains a command.");
        }
    }

    static string Place(Argument argument) => argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}…]" : $" {argument.Name}";

    static IEnumerable<Option> OptionsOf(Command command)
    {
        foreach (Option option in command.Options.Where(option => !option.Hidden))
            yield return option;
        // Every command has the help of the root.
        if (!command.Options.Any(option => option is HelpOption))
            yield return new HelpOption();
    }

    static string Heading(Option option) => option switch
    {
        HelpOption => "-h, --help",
        _ when option.HelpName is { } value => $"{option.Name} {value}",
        _ => option.Name,
    };

    static string Describe(Option option) => option switch
    {
        HelpOption => "Show this page.",
        VersionOption => "Show the version.",
        _ => option.Description ?? "",
    };

    static void WriteList(Terminal terminal, string heading, List<(string Term, string Text)> entries)
    {
        if (entries.Count == 0)
            return;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(heading);
        int column = Indent.Length + entries.Max(entry => entry.Term.Length) + Gap;
        foreach ((string term, string text) in entries)
        {
            string lead = (Indent + term).PadRight(column);
            foreach (string line in Wrap(text, terminal.Width - column))
            {
                terminal.Out.WriteLine(lead + line);
                lead = new string(' ', column);
            }
        }
    }

    static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line += line.Length == 0 ? word : ' ' + word;
        }
        yield return line;
    }
}
