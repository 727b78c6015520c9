using System;
using System.Threading;

namespace KvmSharp.HostMemory;

/// <summary>An immutable set of listeners, and the number of invalidations that use it now.</summary>
sealed class HostInvalidationSet
{
    // Only touched through Interlocked and Volatile.
    int _scopes;

    internal HostInvalidationSet(WeakReference<IHostInvalidationListener>[] listeners) => Listeners = listeners;

    internal WeakReference<IHostInvalidationListener>[] Listeners { get; }

    internal bool IsIdle => Volatile.Read(ref _scopes) == 0;

    internal void Enter() => Interlocked.Increment(ref _scopes);

    internal void Leave() => Interlocked.Decrement(ref _scopes);

    internal HostInvalidationSet With(IHostInvalidationListener listener)
    {
        // Dead references go here, so the set stays as large as the listeners that live.
        WeakReference<IHostInvalidationListener>[] alive = Array.FindAll(Listeners, reference => reference.TryGetTarget(out _));
        return new HostInvalidationSet([.. alive, new WeakReference<IHostInvalidationListener>(listener)]);
    }

    internal HostInvalidationSet Without(IHostInvalidationListener listener) =>
        new(Array.FindAll(Listeners, reference => reference.TryGetTarget(out IHostInvalidationListener? other) && other != listener));

    internal bool Contains(IHostInvalidationListener listener) =>
        Array.Exists(Listeners, reference => reference.TryGetTarget(out IHostInvalidationListener? other) && other == listener);

    internal void WaitUntilIdle()
    {
        SpinWait spin = default;
        while (!IsIdle)
            spin.SpinOnce();
    }
}
