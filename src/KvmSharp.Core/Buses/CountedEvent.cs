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

    // Changed by Interlocked; read by who raises.
    IEventListener? _listener;

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
        // Pairs with TryListen in the same way: either this sees the listener, or the listener's owner sees the count.
        if (Volatile.Read(ref _listener) is { } listener && Take() != 0)
            listener.Raised();
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

    /// <summary>Has somebody hear of it from now on. A count that is there already stays; look at it afterwards.</summary>
    /// <returns>Whether nobody did before.</returns>
    internal bool TryListen(IEventListener listener) =>
        // Pairs with Raise: a full fence before the count is looked at.
        Interlocked.CompareExchange(ref _listener, listener, null) is null;

    /// <summary>Nobody hears of it any more; one who is being told may still be. The count is taken, as KVM does.</summary>
    internal void StopListening()
    {
        Interlocked.Exchange(ref _listener, null);
        Take();
    }

    internal bool IsListener(IEventListener listener) => ReferenceEquals(Volatile.Read(ref _listener), listener);

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
