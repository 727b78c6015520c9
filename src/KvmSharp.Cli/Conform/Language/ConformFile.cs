using System;
using System.Collections.Generic;
using System.IO;
using KvmSharp.Cli.Conform.Operations;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>A sequence of operations with what is expected of them, as <c>docs/conform.md</c> describes it.</summary>
sealed class ConformFile
{
    const string Arrow = "=>";
    const char CommentMark = '#';
    const long LongestFile = 16 << 20;

    ConformFile(string name, IReadOnlyList<ConformLine> lines)
    {
        Name = name;
        Lines = lines;
    }

    internal string Name { get; }

    internal IReadOnlyList<ConformLine> Lines { get; }

    /// <exception cref="CommandException">It cannot be read, or is not of the language: file, line and column.</exception>
    internal static ConformFile Load(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LongestFile })
                throw CommandException.WrongUse($"{path}: longer than {LongestFile >> 20} MiB");
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongUse(exception.Message);
        }
        return Parse(path, text);
    }

    /// <exception cref="CommandException">It is not of the language: name, line and column.</exception>
    internal static ConformFile Parse(string name, string text)
    {
        var lines = new List<ConformLine>();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            try
            {
                if (ParseLine(number, raw) is { } line)
                    lines.Add(line);
            }
            catch (ConformSyntaxException exception)
            {
                throw CommandException.WrongUse($"{name}:{number}:{exception.Column}: {exception.Message}");
            }
        }
        return new ConformFile(name, lines);
    }

    /// <summary>Reads one line.</summary>
    /// <returns>Nothing for a line that does nothing.</returns>
    /// <exception cref="ConformSyntaxException">It is not of the language.</exception>
    internal static ConformLine? ParseLine(int number, ReadOnlySpan<char> raw)
    {
        int comment = raw.IndexOf(CommentMark);
        string text = (comment < 0 ? raw : raw[..comment]).TrimEnd().ToString();
        int arrow = text.IndexOf(Arrow, StringComparison.Ordinal);
        string? expectation = null;
        int end = text.Length;
        if (arrow >= 0)
        {
            expectation = Outcome.Canonical(text[(arrow + Arrow.Length)..]);
            if (expectation.Length == 0)
                throw new ConformSyntaxException(text.Length + 1, $"nothing is expected after \"{Arrow}\"");
            end = arrow;
        }
        List<Argument> words = SplitWords(text.AsSpan(0, end));
        if (words.Count == 0)
            return arrow < 0 ? null : throw new ConformSyntaxException(arrow + 1, "an operation is missing");
        Operation operation = OperationTable.Parse(words, text.AsSpan(0, end).TrimEnd().Length + 1);
        return new ConformLine(number, text.Trim(), operation, expectation);
    }

    static List<Argument> SplitWords(ReadOnlySpan<char> text)
    {
        var words = new List<Argument>();
        for (int at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            int start = at;
            while (at < text.Length && !char.IsWhiteSpace(text[at]))
                at++;
            ReadOnlySpan<char> word = text[start..at];
            int equals = word.IndexOf('=');
            words.Add(equals > 0
                ? new Argument(word[..equals].ToString(), word[(equals + 1)..].ToString(), start + equals + 2)
                : new Argument(null, word.ToString(), start + 1));
        }
        return words;
    }
}
