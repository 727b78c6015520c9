using System;
using System.Globalization;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>
/// A number as a conform file writes it: 64 bits, wrapping, perhaps counted from the start of the machine's host memory.
/// </summary>
/// <param name="Constant">The part that is known when the file is read.</param>
/// <param name="FromArena">Whether the start of the host memory is to be added.</param>
/// <remarks>
/// <code>
///   sum     = product { ("+" | "-") product }
///   product = factor { ("*" | "&lt;&lt;") factor }
///   factor  = "-" factor | "(" sum ")" | "h" | number [ "K" | "M" | "G" | "T" ]
/// </code>
/// Numbers are decimal or, with <c>0x</c>, hexadecimal.
/// </remarks>
readonly record struct Expression(ulong Constant, bool FromArena)
{
    const string ArenaName = "h";

    /// <summary>The value on a machine.</summary>
    internal ulong On(ulong arena) => unchecked(Constant + (FromArena ? arena : 0));

    /// <summary>Reads an expression that is all of a text.</summary>
    /// <param name="text">The text, without blanks.</param>
    /// <param name="column">Where it begins in its line, from 1.</param>
    /// <exception cref="ConformSyntaxException">It is none.</exception>
    internal static Expression Parse(ReadOnlySpan<char> text, int column)
    {
        var reader = new Reader(text, column);
        Expression value = reader.ReadSum();
        reader.RequireEnd();
        return value;
    }

    /// <summary>Reads one number without operators.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> text, out ulong value)
    {
        int shift = 0;
        if (text.Length > 1)
        {
            shift = text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
            if (shift != 0)
                text = text[..^1];
        }
        bool isHex = text.StartsWith("0x", StringComparison.Ordinal);
        bool parsed = isHex
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        parsed = parsed && value <= ulong.MaxValue >> shift;
        value <<= shift;
        return parsed;
    }

    ref struct Reader(ReadOnlySpan<char> text, int column)
    {
        // Parentheses and signs that a file may nest; more is no number but an attack on the stack.
        const int DeepestNesting = 32;

        readonly ReadOnlySpan<char> _text = text;
        int _at = 0;
        int _depth = 0;

        internal Expression ReadSum()
        {
            Expression sum = ReadProduct();
            while (_at < _text.Length && _text[_at] is '+' or '-')
            {
                int where = _at;
                bool plus = _text[_at++] == '+';
                Expression next = ReadProduct();
                if (next.FromArena && (!plus || sum.FromArena))
                    throw Wrong(where, $"\"{ArenaName}\" can be added once");
                ulong constant = unchecked(plus ? sum.Constant + next.Constant : sum.Constant - next.Constant);
                sum = new Expression(constant, sum.FromArena || next.FromArena);
            }
            return sum;
        }

        internal readonly void RequireEnd()
        {
            if (_at < _text.Length)
                throw Wrong(_at, $"unexpected \"{_text[_at..]}\"");
        }

        Expression ReadProduct()
        {
            Expression product = ReadFactor();
            while (true)
            {
                int where = _at;
                bool shifts = _text[_at..].StartsWith("<<", StringComparison.Ordinal);
                if (!shifts && !_text[_at..].StartsWith("*", StringComparison.Ordinal))
                    return product;
                _at += shifts ? 2 : 1;
                Expression next = ReadFactor();
                if (product.FromArena || next.FromArena)
                    throw Wrong(where, $"\"{ArenaName}\" can only be added");
                if (shifts && next.Constant > 63)
                    throw Wrong(where, "a shift by more than 63");
                ulong constant = unchecked(shifts ? product.Constant << (int)next.Constant : product.Constant * next.Constant);
                product = new Expression(constant, false);
            }
        }

        Expression ReadFactor()
        {
            int start = _at;
            if (_at < _text.Length && _text[_at] is '-' or '(')
            {
                if (++_depth > DeepestNesting)
                    throw Wrong(start, "too deeply nested");
                bool negates = _text[_at++] == '-';
                Expression inner = negates ? ReadFactor() : ReadSum();
                if (negates && inner.FromArena)
                    throw Wrong(start, $"\"{ArenaName}\" can only be added");
                if (!negates && (_at >= _text.Length || _text[_at++] != ')'))
                    throw Wrong(start, "a parenthesis is not closed");
                _depth--;
                return negates ? new Expression(unchecked(0 - inner.Constant), false) : inner;
            }
            while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
                _at++;
            ReadOnlySpan<char> word = _text[start.._at];
            if (word.SequenceEqual(ArenaName))
                return new Expression(0, true);
            return TryParseNumber(word, out ulong value)
                ? new Expression(value, false)
                : throw Wrong(start, word.IsEmpty ? "a number is missing" : $"\"{word}\" is not a number of 64 bits");
        }

        readonly ConformSyntaxException Wrong(int at, string message) => new(column + at, message);
    }
}
