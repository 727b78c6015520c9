using System.CommandLine;
using System.CommandLine.Invocation;

namespace KvmSharp.Cli.Help;

/// <summary>Answers <c>--help</c>.</summary>
sealed class HelpPageAction(Terminal terminal) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        HelpPage.Write(parseResult.CommandResult.Command, terminal);
        return ExitCode.Success;
    }
}
