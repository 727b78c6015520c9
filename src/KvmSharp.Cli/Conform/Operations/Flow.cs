using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary><c>vm</c>: begins anew, with another machine and memory full of zeros.</summary>
sealed class NewMachine : Operation
{
    internal override string Run(ConformMachine machine)
    {
        machine.Renew();
        return Outcome.Done;
    }
}

/// <summary><c>requires FEATURE…</c>: leaves out what follows, up to the next <c>vm</c>, on a machine that lacks one.</summary>
sealed class Requires : Operation
{
    internal Requires(ArgumentReader reader)
    {
        var features = new List<ConformFeature> { Feature(reader.Word("a feature")) };
        while (reader.TryTakeNext(out Argument next))
            features.Add(Feature(next));
        Features = features;
    }

    internal IReadOnlyList<ConformFeature> Features { get; }

    // The run looks at the features itself.
    internal override string Run(ConformMachine machine) => Outcome.Done;

    static ConformFeature Feature(Argument word) => ConformFeatures.TryParse(word.Text, out ConformFeature feature)
        ? feature
        : throw new ConformSyntaxException(
            word.Column, $"there is no feature \"{word.Text}\"; there are {string.Join(", ", ConformFeatures.Names)}");
}

/// <summary><c>repeat N OPERATION…</c>: the same so often; what comes of it must be the same each time.</summary>
sealed class Repeat : Operation
{
    const ulong Most = 100_000;

    readonly ulong _count;
    readonly Operation _operation;

    internal Repeat(ArgumentReader reader)
    {
        Argument count = reader.Word("a count");
        _count = Expression.Parse(count.Text, count.Column).On(0);
        if (_count is 0 or > Most)
            throw new ConformSyntaxException(count.Column, $"\"{count.Text}\" is not from 1 to {Most}");
        IReadOnlyList<Argument> rest = reader.Rest();
        if (rest.Count == 0)
            throw new ConformSyntaxException(count.Column + count.Text.Length, "\"repeat\" needs an operation");
        if (rest[0].Text is "repeat" or "each" or "requires" or "vm")
            throw new ConformSyntaxException(rest[0].Column, $"\"{rest[0].Text}\" cannot be repeated");
        _operation = OperationTable.Parse(rest, reader.EndColumn);
    }

    internal override ConformFeature Needs => _operation.Needs;

    internal override string Run(ConformMachine machine)
    {
        string first = _operation.Run(machine);
        for (ulong time = 1; time < _count; time++)
        {
            string next = _operation.Run(machine);
            if (next != first)
                return $"{first} then {next} at {Outcome.Of(time)}";
        }
        return first;
    }
}

/// <summary>
/// <c>each N OPERATION…</c>: the same with <c>i</c> from 0 to N − 1 in its numbers; what comes of it must be the same each time.
/// </summary>
sealed partial class Each : Operation
{
    const ulong Most = 10_000;

    readonly Operation[] _operations;

    internal Each(ArgumentReader reader)
    {
        Argument count = reader.Word("a count");
        ulong wanted = Expression.Parse(count.Text, count.Column).On(0);
        if (wanted is 0 or > Most)
            throw new ConformSyntaxException(count.Column, $"\"{count.Text}\" is not from 1 to {Most}");
        IReadOnlyList<Argument> rest = reader.Rest();
        if (rest.Count == 0)
            throw new ConformSyntaxException(count.Column + count.Text.Length, "\"each\" needs an operation");
        if (rest[0].Text is "repeat" or "each" or "requires" or "vm")
            throw new ConformSyntaxException(rest[0].Column, $"\"{rest[0].Text}\" cannot be repeated");
        _operations = new Operation[wanted];
        for (int index = 0; index < _operations.Length; index++)
            _operations[index] = OperationTable.Parse([rest[0], .. rest.Skip(1).Select(word => Substitute(word, index))], reader.EndColumn);
    }

    internal override ConformFeature Needs => _operations[0].Needs;

    internal override string Run(ConformMachine machine)
    {
        string first = _operations[0].Run(machine);
        for (int index = 1; index < _operations.Length; index++)
        {
            string next = _operations[index].Run(machine);
            if (next != first)
                return $"{first} then {next} at {Outcome.Of((ulong)index)}";
        }
        return first;
    }

    static Argument Substitute(Argument word, int index) =>
        word with { Text = IndexName().Replace(word.Text, index.ToString(CultureInfo.InvariantCulture)) };

    [GeneratedRegex(@"(?<![\w])i(?!\w)")]
    private static partial Regex IndexName();
}
