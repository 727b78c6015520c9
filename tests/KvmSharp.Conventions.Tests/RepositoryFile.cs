using System;
using System.IO;
using System.Text.RegularExpressions;

namespace KvmSharp.Conventions;

/// <summary>A file by its path from the root, with forward slashes.</summary>
sealed partial record RepositoryFile(string Path)
{
    readonly Lazy<string> _text = new(() =>
        File.ReadAllText(System.IO.Path.Combine(Repository.Root, Path)).ReplaceLineEndings("\n"));

    string? _code;

    public string Text => _text.Value;

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The text with comments, strings and characters blanked, line by line as before.</summary>
    public string Code => _code ??= NotCode().Replace(Text, match => NotNewLine().Replace(match.Value, " "));

    public override string ToString() => Path;

    [GeneratedRegex("""//.*|/\*[\s\S]*?\*/|"{3,}[\s\S]*?"{3,}|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""")]
    private static partial Regex NotCode();

    [GeneratedRegex(@"[^\n]")]
    private static partial Regex NotNewLine();
}
