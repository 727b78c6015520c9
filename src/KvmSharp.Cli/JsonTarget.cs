using System;
using System.IO;

namespace KvmSharp.Cli;

/// <summary>
/// Where a command's <c>--json</c> goes: nowhere, to the standard output in place of the tables, or to a file. The file is
/// opened before anything is measured, so that no measurement is lost to a bad path.
/// </summary>
sealed class JsonTarget : IDisposable
{
    const string StandardOutput = "-";

    readonly Terminal _terminal;
    readonly FileStream? _file;

    JsonTarget(Terminal terminal, FileStream? file, bool replacesTables)
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
        try
        {
            return new JsonTarget(
                terminal, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read), replacesTables: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw CommandException.WrongUse($"cannot write \"{path}\": {exception.Message}");
        }
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
        if (_file is null)
            return;
        using var writer = new StreamWriter(_file, leaveOpen: true);
        writer.WriteLine(document());
    }

    public void Dispose() => _file?.Dispose();
}
