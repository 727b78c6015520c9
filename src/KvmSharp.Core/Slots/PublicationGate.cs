using System;
using System.Threading;

namespace KvmSharp.Slots;

/// <summary>
/// Keeps slot publications and host invalidations apart: an invalidation finds the same slots when it ends as when it
/// began, because no set is published in between (KVM's <c>mn_active_invalidate_count</c>).
/// </summary>
/// <remarks>Invalidations never wait here; a publication waits until none is running.</remarks>
sealed class PublicationGate
{
    readonly object _gate = new();

    // Guarded by _gate: invalidations that have begun and not ended, whether or not they found a slot.
    int _invalidations;

    /// <summary>An invalidation begins: nothing is published until it ends.</summary>
    internal void BeginInvalidation()
    {
        lock (_gate)
            _invalidations++;
    }

    /// <summary>An invalidation ends.</summary>
    internal void EndInvalidation()
    {
        lock (_gate)
        {
            if (--_invalidations < 0)
                throw new InvalidOperationException("a host invalidation ended that had not begun");
            if (_invalidations == 0)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Publishes what the store has staged, when no invalidation is running.</summary>
    /// <param name="space">The space whose slots change.</param>
    internal void Publish(SlotSpace space)
    {
        lock (_gate)
        {
            while (_invalidations != 0)
                Monitor.Wait(_gate);
            space.BeginPublication();
        }
    }
}
