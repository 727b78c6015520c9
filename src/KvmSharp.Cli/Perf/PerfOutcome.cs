using System.Collections.Generic;

namespace KvmSharp.Cli.Perf;

/// <summary>What a measurement has found, complete or as far as it came.</summary>
sealed class PerfOutcome
{
    readonly List<PerfResult> _results = [];

    /// <summary>The results, in the order in which they were first measured.</summary>
    internal IReadOnlyList<PerfResult> Results => _results;

    /// <summary>Whether everything asked for was measured.</summary>
    internal bool IsComplete { get; set; }

    /// <summary>The check that failed, if one did.</summary>
    internal string? Failure { get; set; }

    internal PerfResult? Find(string test, int slots, string store) =>
        _results.Find(result => result.Test == test && result.Slots == slots && result.Store == store);

    /// <summary>Adds a result, unless a better one of the same test is there.</summary>
    internal void Add(PerfResult result)
    {
        int index = _results.FindIndex(
            known => known.Test == result.Test && known.Slots == result.Slots && known.Store == result.Store);
        if (index < 0)
            _results.Add(result);
        else if (result.SecondsPerIteration < _results[index].SecondsPerIteration)
            _results[index] = result;
    }
}
