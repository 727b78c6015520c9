using System;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary>Seconds for one change of each kind.</summary>
/// <param name="Add">Of all creates, the mean.</param>
/// <param name="Move">Of moves, the median.</param>
/// <param name="Delete">Of all deletes, the mean.</param>
readonly record struct BackendTiming(double Add, double Move, double Delete)
{
    /// <summary>The better of two runs, kind by kind.</summary>
    internal BackendTiming Best(BackendTiming other) =>
        new(Math.Min(Add, other.Add), Math.Min(Move, other.Move), Math.Min(Delete, other.Delete));
}
