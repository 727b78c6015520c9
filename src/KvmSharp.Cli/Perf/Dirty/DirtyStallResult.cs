using KvmSharp.DirtyLog;

namespace KvmSharp.Cli.Perf.Dirty;

/// <summary>How long vCPUs were held back by logging, from switching it on to switching it off.</summary>
/// <param name="Test">The test's name.</param>
/// <param name="Mode">How the log is kept and read.</param>
/// <param name="Cause">Write faults, splits or flushes.</param>
/// <param name="Count">How often.</param>
/// <param name="Seconds">How long in all.</param>
sealed record DirtyStallResult(string Test, string Mode, string Cause, long Count, double Seconds)
{
    internal static DirtyStallResult[] Of(string test, string mode, DirtyStalls stalls) =>
    [
        new(test, mode, "write faults", stalls.WriteFaults.Count, stalls.WriteFaults.Time.TotalSeconds),
        new(test, mode, "splits", stalls.Splits.Count, stalls.Splits.Time.TotalSeconds),
        new(test, mode, "flushes", stalls.Flushes.Count, stalls.Flushes.Time.TotalSeconds),
    ];
}
