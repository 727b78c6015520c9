using System;
using System.Globalization;
using System.Linq;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>
/// What came of an operation, in words that can be compared: numbers are in hex, so that however an expectation writes one,
/// equal numbers are equal words.
/// </summary>
static class Outcome
{
    internal const string Done = "ok";

    internal static string Of(KvmErrno errno) => errno == KvmErrno.None ? Done : errno.ToString();

    internal static string Of(KvmErrno errno, ulong value) => errno == KvmErrno.None ? Of(value) : errno.ToString();

    internal static string Of(ulong value) =>
        value < 10 ? value.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    internal static string OfData(ReadOnlySpan<byte> data) => $"data:{Convert.ToHexStringLower(data)}";

    /// <summary>Brings an expectation into the same words.</summary>
    internal static string Canonical(string expectation) => string.Join(
        ' ', expectation.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(CanonicalWord));

    // "0" is how KVM's own calls say that it is done; where a number is wanted it is one.
    static string CanonicalWord(string word)
    {
        if (!char.IsAsciiDigit(word[0]) && word[0] is not ('-' or '('))
            return word;
        try
        {
            return Of(Expression.Parse(word, 1).On(0));
        }
        catch (ConformSyntaxException)
        {
            return word;
        }
    }
}
