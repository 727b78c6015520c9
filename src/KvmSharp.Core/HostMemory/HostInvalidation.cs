using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>
/// Tells everybody in the process who translates to host memory that the memory is about to change: the list of MMU
/// notifiers. Whoever changes what lies at an hva does it inside a scope:
/// <code>using (HostInvalidation.Begin(range)) { /* the change */ }</code>
/// </summary>
/// <remarks>
/// <para>All members may be called from any thread. Listeners are held by weak reference: one that nobody else
/// holds is forgotten.</para>
/// <para>A scope calls the listeners that were subscribed when it began, and the same ones when it ends, whoever comes
/// or goes meanwhile. <see cref="Subscribe"/> returns only when every scope that began without the new listener has
/// ended, so a translation made after it cannot miss a change.</para>
/// <para>The final unmapping of a <see cref="HostMapping"/> raises nothing: a mapping lives as long as anybody holds a
/// reference to it.</para>
/// </remarks>
public static class HostInvalidation
{
    static readonly Lock _changing = new();

    // Guarded by _changing: sets that are no longer current and may still be in use.
    static readonly List<HostInvalidationSet> _retired = [];

    // Written under _changing, read anywhere with Volatile.Read.
    static HostInvalidationSet _current = new([]);

    [ThreadStatic]
    static int _scopesOfThisThread;

    /// <summary>Adds a listener and waits for the invalidations that began without it. Twice is as good as once.</summary>
    /// <remarks>The caller holds no lock that a listener takes.</remarks>
    /// <exception cref="InvalidOperationException">The calling thread is inside an invalidation.</exception>
    public static void Subscribe(IHostInvalidationListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        if (_scopesOfThisThread != 0)
            throw new InvalidOperationException("a listener cannot be subscribed from inside an invalidation");

        HostInvalidationSet[] begunWithoutIt;
        lock (_changing)
        {
            if (!_current.Contains(listener))
                Replace(_current.With(listener));
            begunWithoutIt = [.. _retired];
        }
        foreach (HostInvalidationSet set in begunWithoutIt)
            set.WaitUntilIdle();
    }

    /// <summary>Removes a listener; one that is not subscribed is ignored.</summary>
    /// <remarks>Does not wait: invalidations that have begun still end at the listener.</remarks>
    public static void Unsubscribe(IHostInvalidationListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (_changing)
        {
            if (_current.Contains(listener))
                Replace(_current.Without(listener));
        }
    }

    /// <summary>Begins an invalidation of <paramref name="range"/>. Nothing is allocated.</summary>
    /// <returns>The scope to dispose, on the same thread, when the memory has changed.</returns>
    /// <remarks>When a listener throws, those that were called are told the end and the exception goes on.</remarks>
    public static HostInvalidationScope Begin(HvaRange range) => new(EnterCurrent(), range, []);

    /// <summary>Begins one invalidation of several ranges, which must stay in place until its end.</summary>
    internal static HostInvalidationScope Begin(ReadOnlySpan<HvaRange> ranges) =>
        new(EnterCurrent(), ranges[0], ranges[1..]);

    internal static int SubscriberCountForTests => Volatile.Read(ref _current).Listeners.Length;

    internal static void Leave(HostInvalidationSet set)
    {
        _scopesOfThisThread--;
        set.Leave();
    }

    static HostInvalidationSet EnterCurrent()
    {
        while (true)
        {
            HostInvalidationSet set = Volatile.Read(ref _current);
            // Pairs with Replace(): either the entry is seen there and waited for, or the new set is seen here.
            set.Enter();
            if (Volatile.Read(ref _current) == set)
            {
                _scopesOfThisThread++;
                return set;
            }
            set.Leave();
        }
    }

    static void Replace(HostInvalidationSet next)
    {
        // Pairs with EnterCurrent(): the exchange orders the new set before the look at who uses the old ones.
        _retired.Add(Interlocked.Exchange(ref _current, next));
        _retired.RemoveAll(set => set.IsIdle);
    }
}
