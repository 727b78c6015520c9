using System;
using System.Threading;

namespace KvmSharp.Buses;

/// <summary>An event inside the process, on any host.</summary>
public sealed class CountedEvent : IMachineEvent
{
    // As high as the kernel's counter goes.
    const ulong Highest = ulong.MaxValue;

    readonly object _sleep = new();

    // Only touched through Interlocked and Volatile.
    ulong _count;

    // Changed under _sleep by full fences; read by who raises.
    int _waiting;

    /// <inheritdoc/>
    public void Raise()
    {
        ulong seen = Volatile.Read(ref _count);
        while (seen != Highest)
        {
            ulong before = Interlocked.CompareExchange(ref _count, seen + 1, seen);
            if (before == seen)
                break;
            seen = before;
        }
        // Pairs with Wait: a full fence between count and mark on both sides, so one sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiting) == 0)
            return;
        lock (_sleep)
            Monitor.PulseAll(_sleep);
    }

    /// <inheritdoc/>
    public ulong Take() => Interlocked.Exchange(ref _count, 0);

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout)
    {
        if (Volatile.Read(ref _count) != 0)
            return true;
        lock (_sleep)
        {
            // Pairs with Raise.
            Interlocked.Increment(ref _waiting);
            try
            {
                long began = Environment.TickCount64;
                TimeSpan left = timeout;
                // Somebody else may take the count first; then the rest of the time is waited.
                while (Volatile.Read(ref _count) == 0 && Monitor.Wait(_sleep, left))
                    left = Rest(timeout, Environment.TickCount64 - began);
                return Volatile.Read(ref _count) != 0;
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }

    static TimeSpan Rest(TimeSpan timeout, long milliseconds)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return timeout;
        TimeSpan left = timeout - TimeSpan.FromMilliseconds(milliseconds);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Holds nothing that has to be given back.</summary>
    public void Dispose()
    {
    }
}
