namespace KvmSharp.Cli.Conform.Language;

/// <summary>A word of a line, after the operation's name.</summary>
/// <param name="Name">What stands before its equals sign, if there is one.</param>
/// <param name="Text">The rest.</param>
/// <param name="Column">Where the rest begins, from 1.</param>
readonly record struct Argument(string? Name, string Text, int Column);
