using System.Collections.Generic;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>What a measurement has found, complete or as far as it came.</summary>
sealed class DirtyPerfOutcome
{
    internal List<DirtyPhase> Phases { get; } = [];

    internal List<DirtyStallResult> Stalls { get; } = [];

    internal bool IsComplete { get; set; }

    /// <summary>The check that failed, if one did.</summary>
    internal string? Failure { get; set; }
}
