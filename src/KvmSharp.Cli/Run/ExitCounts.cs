using System;
using System.Collections.Generic;
using KvmSharp.Backends;

namespace KvmSharp.Cli.Run;

/// <summary>How often a vCPU has left the guest, by reason. For one thread.</summary>
sealed class ExitCounts
{
    // KVM's numbers go a little beyond forty.
    readonly long[] _byReason = new long[64];
    long _others;

    internal void Add(VcpuExitReason reason)
    {
        if ((uint)reason < (uint)_byReason.Length)
            _byReason[(int)reason]++;
        else
            _others++;
    }

    /// <summary>Adds up the counts of several vCPUs, the reasons that occurred in order of their numbers.</summary>
    internal static IReadOnlyList<(string Reason, long Count)> Sum(ReadOnlySpan<ExitCounts> all)
    {
        var sums = new List<(string Reason, long Count)>();
        for (int reason = 0; reason < 64; reason++)
        {
            long count = 0;
            foreach (ExitCounts counts in all)
                count += counts._byReason[reason];
            if (count > 0)
                sums.Add((((VcpuExitReason)reason).ToString().ToLowerInvariant(), count));
        }
        long others = 0;
        foreach (ExitCounts counts in all)
            others += counts._others;
        if (others > 0)
            sums.Add(("others", others));
        return sums;
    }
}
