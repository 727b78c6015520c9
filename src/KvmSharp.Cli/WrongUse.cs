using System.CommandLine;

namespace KvmSharp.Cli;

/// <summary>Says in one line what is wrong with a command line.</summary>
static class WrongUse
{
    internal static string Describe(ParseResult parsed)
    {
        foreach (string token in parsed.UnmatchedTokens)
            return token.StartsWith('-') ? $"there is no option {token}" : $"unexpected argument \"{token}\"";
        // The parser's messages are sentences; the ones of this program are clauses after the command's name.
        string message = parsed.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return message.Length > 1 ? char.ToLowerInvariant(message[0]) + message[1..] : "wrong use";
    }
}
