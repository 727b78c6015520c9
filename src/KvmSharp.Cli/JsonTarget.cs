using System;

namespace KvmSharp.Cli;

/// <summary>
/// Where a command's <c>--json</c> goes: nowhere, to the standard output in place of the tables, or to a file that is
/// replaced when the document is complete.
/// </summary>
sealed class JsonTarget : IDisposable
{
    const string StandardOutput = "-";

    readonly Terminal _terminal;
    readonly ReplacedFile? _file;

    JsonTarget(Terminal terminal, ReplacedFile? file, bool replacesTables)
    {
        _terminal = terminal;
        _file = file;
        ReplacesTables = replacesTables;
    }

    /// <summary>Whether the standard output is taken.</summary>
    internal bool ReplacesTables { get; }

    /// <exception cref="CommandException">The file cannot be written.</exception>
    internal static JsonTarget Open(string? path, Terminal terminal)
    {
        if (path is null or StandardOutput)
            return new JsonTarget(terminal, null, path is not null);
        return new JsonTarget(terminal, ReplacedFile.Open(path), replacesTables: false);
    }

    /// <summary>Checks a path as far as it can be without opening it.</summary>
    /// <exception cref="CommandException">It is empty.</exception>
    internal static string? CheckPath(string? path) =>
        path is { Length: 0 } ? throw CommandException.WrongUse("--json needs a file name, or \"-\"") : path;

    /// <summary>Writes the document, if one was asked for.</summary>
    internal void Write(Func<string> document)
    {
        if (ReplacesTables)
            _terminal.Out.WriteLine(document());
        _file?.Replace(writer => writer.WriteLine(document()));
    }

    public void Dispose() => _file?.Dispose();
}
