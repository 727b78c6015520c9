using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace KvmSharp.Cli.Help;

/// <summary>Answers <c>--version</c>.</summary>
sealed class VersionLineAction(Terminal terminal) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Assembly assembly = typeof(VersionLineAction).Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        // What follows the plus sign names the sources and is for machines.
        terminal.Out.WriteLine($"{CommandLineProgram.Name} {version.Split('+')[0]}");
        return ExitCode.Success;
    }
}
