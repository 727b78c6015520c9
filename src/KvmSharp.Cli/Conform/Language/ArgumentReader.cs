using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Cli.Conform.Language;

/// <summary>Hands out the arguments of one line; each that nobody asks for is an error.</summary>
/// <param name="operation">The operation's name, for messages.</param>
/// <param name="arguments">The arguments.</param>
/// <param name="endColumn">The column after the last, for what is missing.</param>
sealed class ArgumentReader(string operation, IReadOnlyList<Argument> arguments, int endColumn)
{
    readonly bool[] _taken = new bool[arguments.Count];

    /// <summary>The column after the last argument.</summary>
    internal int EndColumn => endColumn;

    /// <summary>The next argument without a name.</summary>
    /// <exception cref="ConformSyntaxException">There is none.</exception>
    internal Expression Number(string what) =>
        TryTakeNext(out Argument argument) ? Evaluate(argument) : throw Missing(what);

    /// <summary>The argument of a name, or a value when it is left out.</summary>
    internal Expression Number(string name, ulong otherwise) =>
        TryTake(name, out Argument argument) ? Evaluate(argument) : new Expression(otherwise, false);

    /// <summary>The next argument without a name, as it stands.</summary>
    /// <exception cref="ConformSyntaxException">There is none.</exception>
    internal Argument Word(string what) => TryTakeNext(out Argument argument) ? argument : throw Missing(what);

    /// <summary>The next argument without a name, if there is one.</summary>
    internal bool TryTakeNext(out Argument argument)
    {
        for (int index = 0; index < arguments.Count; index++)
        {
            argument = arguments[index];
            if (argument.Name is not null || _taken[index])
                continue;
            _taken[index] = true;
            return true;
        }
        argument = default;
        return false;
    }

    /// <summary>The argument of a name, as it stands.</summary>
    internal bool TryTake(string name, out Argument argument)
    {
        for (int index = 0; index < arguments.Count; index++)
        {
            argument = arguments[index];
            if (argument.Name != name || _taken[index])
                continue;
            _taken[index] = true;
            return true;
        }
        argument = default;
        return false;
    }

    /// <summary>All arguments without a name that are left, as bytes in hex.</summary>
    internal byte[] Bytes()
    {
        var bytes = new List<byte>();
        while (TryTakeNext(out Argument argument))
        {
            try
            {
                bytes.AddRange(Convert.FromHexString(argument.Text));
            }
            catch (FormatException)
            {
                throw new ConformSyntaxException(argument.Column, $"\"{argument.Text}\" is not bytes in hex");
            }
        }
        return bytes.Count > 0 ? [.. bytes] : throw Missing("bytes in hex");
    }

    /// <summary>The argument of a name, a list of numbers with commas.</summary>
    internal ulong[] Words(string name)
    {
        if (!TryTake(name, out Argument argument))
            throw Missing($"{name}=…");
        int column = argument.Column;
        var words = new List<ulong>();
        foreach (string item in argument.Text.Split(','))
        {
            words.Add(Expression.Parse(item, column).On(0));
            column += item.Length + 1;
        }
        return [.. words];
    }

    /// <summary>The argument of a name, flags by name joined by plus signs, or a number.</summary>
    internal uint Flags(string name, IReadOnlyDictionary<string, uint> known)
    {
        if (!TryTake(name, out Argument argument))
            return 0;
        uint flags = 0;
        int column = argument.Column;
        foreach (string item in argument.Text.Split('+'))
        {
            if (known.TryGetValue(item, out uint flag))
                flags |= flag;
            else if (Expression.TryParseNumber(item, out ulong number) && number <= uint.MaxValue)
                flags |= (uint)number;
            else
                throw new ConformSyntaxException(
                    column, $"\"{item}\" is neither a number nor one of {string.Join(", ", known.Keys.Order())}");
            column += item.Length + 1;
        }
        return flags;
    }

    /// <summary>All arguments that are left, in their order.</summary>
    internal IReadOnlyList<Argument> Rest()
    {
        var rest = new List<Argument>();
        for (int index = 0; index < arguments.Count; index++)
        {
            if (_taken[index])
                continue;
            _taken[index] = true;
            rest.Add(arguments[index]);
        }
        return rest;
    }

    /// <exception cref="ConformSyntaxException">An argument is left.</exception>
    internal void RequireNone()
    {
        for (int index = 0; index < arguments.Count; index++)
        {
            if (_taken[index])
                continue;
            Argument left = arguments[index];
            throw left.Name is null
                ? new ConformSyntaxException(left.Column, $"\"{operation}\" takes no \"{left.Text}\"")
                : new ConformSyntaxException(left.Column - left.Name.Length - 1, $"\"{operation}\" takes no \"{left.Name}=\"");
        }
    }

    static Expression Evaluate(Argument argument) => Expression.Parse(argument.Text, argument.Column);

    ConformSyntaxException Missing(string what) => new(endColumn, $"\"{operation}\" needs {what}");
}
