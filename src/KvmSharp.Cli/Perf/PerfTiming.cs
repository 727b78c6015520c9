using System;

namespace KvmSharp.Cli.Perf;

/// <summary>What one run took.</summary>
readonly record struct PerfTiming(TimeSpan Elapsed, long Iterations)
{
    internal double SecondsPerIteration => Elapsed.TotalSeconds / Iterations;
}
