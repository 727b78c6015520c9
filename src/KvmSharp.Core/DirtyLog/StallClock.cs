using System.Diagnostics;
using System.Threading;
using KvmSharp.Vcpus;

namespace KvmSharp.DirtyLog;

/// <summary>Counts how long logging has held vCPUs back, where it happens.</summary>
sealed class StallClock
{
    // Written under the exclusive MMU lock, read anywhere with Volatile.Read.
    long _splits;
    long _splitTicks;
    long _flushes;
    long _flushTicks;

    internal void AddSplits(int count, long ticks)
    {
        Volatile.Write(ref _splits, _splits + count);
        Volatile.Write(ref _splitTicks, _splitTicks + ticks);
    }

    internal void AddFlush(long ticks)
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        Volatile.Write(ref _flushTicks, _flushTicks + ticks);
    }

    internal DirtyStalls Read(VcpuTable vcpus)
    {
        VcpuCounts counts = vcpus.Removed;
        foreach (Vcpu vcpu in vcpus)
            counts += VcpuCounts.Of(vcpu);
        return new DirtyStalls(
            new DirtyStall(counts.LoggedWriteFaults, Stopwatch.GetElapsedTime(0, counts.LoggedWriteFaultTicks)),
            new DirtyStall(Volatile.Read(ref _splits), Stopwatch.GetElapsedTime(0, Volatile.Read(ref _splitTicks))),
            new DirtyStall(Volatile.Read(ref _flushes), Stopwatch.GetElapsedTime(0, Volatile.Read(ref _flushTicks))));
    }
}
