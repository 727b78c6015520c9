using System.Collections.Generic;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform;

/// <summary>What came of a run.</summary>
sealed class ConformOutcome
{
    readonly Dictionary<(string Machine, ConformFeature Feature), int> _skipped = [];

    /// <summary>Lines, times the machines they ran on.</summary>
    internal long LinesRun { get; set; }

    internal bool WasInterrupted { get; set; }

    internal List<ConformDifference> Differences { get; } = [];

    /// <summary>Lines that a machine left out, by what it lacks.</summary>
    internal IReadOnlyDictionary<(string Machine, ConformFeature Feature), int> Skipped => _skipped;

    internal void Skip(string machine, ConformFeature feature)
    {
        _skipped.TryGetValue((machine, feature), out int lines);
        _skipped[(machine, feature)] = lines + 1;
    }
}

/// <summary>A line that went otherwise: than it says, or on two machines.</summary>
/// <param name="Line">The line.</param>
/// <param name="Machine">Where.</param>
/// <param name="Text">What came of it there.</param>
/// <param name="Other">The other machine and what came of it there; nothing when the line's expectation is the measure.</param>
sealed record ConformDifference(ConformLine Line, string Machine, string Text, (string Machine, string Text)? Other);
