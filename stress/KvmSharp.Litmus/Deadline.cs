using System;
using System.Diagnostics;

namespace KvmSharp.Litmus;

/// <summary>A moment in the future, cheap to compare with.</summary>
readonly struct Deadline(TimeSpan fromNow)
{
    readonly long _end = Stopwatch.GetTimestamp() + (long)(fromNow.TotalSeconds * Stopwatch.Frequency);

    internal bool HasPassed => Stopwatch.GetTimestamp() >= _end;
}
