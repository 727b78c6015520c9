using System.Diagnostics;

namespace KvmSharp.X86;

/// <summary>The clock of all time-stamp counters of a machine: the host's monotonic clock, from 0 at creation.</summary>
sealed class TimeStampCounter
{
    readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Ticks a second; the same for the machine's life.</summary>
    internal static long Frequency => Stopwatch.Frequency;

    /// <summary>Ticks since the machine was created.</summary>
    internal ulong Now => (ulong)(Stopwatch.GetTimestamp() - _start);
}
