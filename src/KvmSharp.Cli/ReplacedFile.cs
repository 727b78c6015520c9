using System;
using System.IO;

namespace KvmSharp.Cli;

/// <summary>
/// A file that a command writes whole or not at all: what was there stays until the new content is complete. The new file is
/// created beside the old one at once, so that no work is lost to a path that cannot be written.
/// </summary>
sealed class ReplacedFile : IDisposable
{
    const string Suffix = ".new";

    readonly string _path;
    readonly string? _temporary;
    readonly FileStream _stream;
    bool _isDone;

    ReplacedFile(string path, string? temporary, FileStream stream)
    {
        _path = path;
        _temporary = temporary;
        _stream = stream;
    }

    /// <exception cref="CommandException">The file cannot be written.</exception>
    internal static ReplacedFile Open(string path)
    {
        try
        {
            // A rename would put a file in the place of a device or a pipe.
            if (IsSpecial(path))
                return new ReplacedFile(path, null, new FileStream(path, FileMode.Open, FileAccess.Write));
            string target = Resolve(path);
            if (Directory.Exists(target))
                throw CommandException.WrongUse($"cannot write \"{path}\": it is a folder");
            // Asks whether a file that exists may be written, as opening it would.
            if (File.Exists(target))
                File.Open(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
            string temporary = $"{target}.{Path.GetRandomFileName()}{Suffix}";
            return new ReplacedFile(target, temporary, new FileStream(temporary, FileMode.CreateNew, FileAccess.Write));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw CommandException.WrongUse($"cannot write \"{path}\": {exception.Message}");
        }
    }

    /// <summary>Writes the content and puts the file in its place.</summary>
    /// <exception cref="CommandException">The disk is full, or the like.</exception>
    internal void Replace(Action<TextWriter> write)
    {
        try
        {
            using (var writer = new StreamWriter(_stream))
                write(writer);
            if (_temporary is not null)
                File.Move(_temporary, _path, overwrite: true);
            _isDone = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"cannot write \"{_path}\": {exception.Message}");
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (!_isDone && _temporary is not null)
            File.Delete(_temporary);
    }

    // The file that a link leads to is replaced, not the link.
    static string Resolve(string path) =>
        new FileInfo(path).LinkTarget is null
            ? Path.GetFullPath(path)
            : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    static bool IsSpecial(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal);
}
