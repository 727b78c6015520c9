using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace KvmSharp.Lab.Results;

/// <summary>A value in a JSON document and the way to it, so that whatever is wrong with it can be told in one line.</summary>
/// <param name="value">The value.</param>
/// <param name="path">The way: <c>results[3].count</c>; empty for the document.</param>
/// <remarks>Every member throws <see cref="ResultFormatException"/> when the value is not as it says.</remarks>
readonly struct JsonPlace(JsonElement value, string path)
{
    // A message shows no more of a string than this.
    const int LongestShown = 60;

    /// <summary>A member that has to be there.</summary>
    internal JsonPlace Member(string name) => Find(name) ?? throw new ResultFormatException($"{PathOf(name)} is missing");

    /// <summary>A member that may be absent or null.</summary>
    internal JsonPlace? Find(string name)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong("an object");
        return value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new JsonPlace(member, PathOf(name))
            : null;
    }

    internal IEnumerable<JsonPlace> Items()
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong("a list");
        string list = path;
        return value.EnumerateArray().Select((item, index) =>
            new JsonPlace(item, string.Create(CultureInfo.InvariantCulture, $"{list}[{index}]")));
    }

    /// <summary>A text, without control characters: it may be shown on a terminal, which would obey them.</summary>
    internal string Text() =>
        value.ValueKind == JsonValueKind.String ? Printable(value.GetString()!, '\uFFFD') : throw Wrong("a text");

    /// <summary>A text that is one of several.</summary>
    internal string TextOf(string kind, IReadOnlyList<string> known)
    {
        string text = Text();
        return known.Contains(text)
            ? text
            : throw new ResultFormatException(
                $"{path}: unknown {kind} {Shown($"\"{text}\"")}; known are {string.Join(", ", known)}");
    }

    internal bool Truth() => value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw Wrong("true or false");

    internal long Whole(long least, long most = long.MaxValue)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least && number <= most)
            return number;
        throw Wrong(most == long.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}");
    }

    /// <summary>A finite number from zero.</summary>
    internal double Amount() =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) && number >= 0
            ? number
            : throw Wrong("a number from 0");

    /// <summary>A finite number above zero.</summary>
    internal double PositiveAmount() => Amount() is var amount and > 0 ? amount : throw Wrong("a number above 0");

    string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>The way to the value.</summary>
    public override string ToString() => path;

    ResultFormatException Wrong(string expected) => new(
        $"{(path.Length == 0 ? "the document" : path)} is {Shown(value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
            ? value.ValueKind.ToString().ToLowerInvariant() : value.GetRawText())}, not {expected}");

    static string Printable(string text, char substitute) => text.Any(char.IsControl)
        ? new string([.. text.Select(character => char.IsControl(character) ? substitute : character)])
        : text;

    // On one line, however hostile.
    static string Shown(string text)
    {
        string line = Printable(text, ' ');
        return line.Length <= LongestShown ? line : line[..LongestShown] + "…";
    }
}
