using System;
using System.Collections.Generic;

namespace KvmSharp.DirtyLog;

/// <summary>
/// A reader of a machine's dirty logs with its own point in time: each harvest gives the pages written since the last
/// one, or since the consumer was opened. Consumers do not disturb each other, nor KVM's bitmaps.
/// </summary>
/// <remarks>
/// For one thread at a time, not inside a read section; different consumers may be used at once. A harvest costs what was
/// written since anybody's last, plus what this consumer has not seen yet.
/// <para>What is reported:</para>
/// <list type="bullet">
/// <item>each write to a logged slot, in exactly one harvest of each consumer – a page once, however often it was written
/// in between;</item>
/// <item>every page of a slot that begins to be logged while the consumer is open: it was not watched before;</item>
/// <item>nothing of slots that are not logged, or are gone.</item>
/// </list>
/// When <see cref="Harvest"/> returns, no vCPU can write a reported page unrecorded: read pages after it, not before.
/// </remarks>
public sealed class DirtyConsumer : IDisposable
{
    readonly DirtyTracking _tracking;

    // Guarded by the slots lock: backlogs in which something waits.
    readonly List<DirtyBacklog> _queue = [];

    // The consumer's own: backlogs of the last harvest, in no order.
    readonly List<DirtyBacklog> _harvested = [];

    internal DirtyConsumer(DirtyTracking tracking, bool keepsDropped)
    {
        _tracking = tracking;
        KeepsDropped = keepsDropped;
    }


    /// <summary>Whether the consumer was closed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Whether it is told of logs that are gone too, what was written until they went.</summary>
    internal bool KeepsDropped { get; }

    /// <summary>Takes the pages written since the last harvest.</summary>
    /// <returns>Their ranges. They stay readable, as often as wanted, until the next harvest.</returns>
    /// <exception cref="ObjectDisposedException">The consumer was closed.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public DirtyRanges Harvest()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Forget();
        _tracking.Collect(this);
        return new DirtyRanges(_harvested);
    }

    /// <summary>Forgets what was harvested.</summary>
    internal void Forget()
    {
        foreach (DirtyBacklog backlog in _harvested)
            backlog.Harvested.Clear();
        _harvested.Clear();
    }

    /// <summary>Takes the pages written since the last harvest, and keeps those of the harvests before.</summary>
    /// <returns>The ranges of all of them.</returns>
    internal DirtyRanges Accumulate()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _tracking.Collect(this);
        return new DirtyRanges(_harvested);
    }

    /// <summary>Closes the consumer; what it has not seen is forgotten.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        IsDisposed = true;
        _tracking.Close(this);
    }

    /// <summary>Tells the consumer that something waits. Under the slots lock.</summary>
    internal void Enqueue(DirtyBacklog backlog)
    {
        if (backlog.IsQueued)
            return;
        backlog.IsQueued = true;
        _queue.Add(backlog);
    }

    /// <summary>Turns what waits into what is harvested. Under the slots lock.</summary>
    internal void TakeQueue()
    {
        foreach (DirtyBacklog backlog in _queue)
        {
            backlog.IsQueued = false;
            // The slot may have gone since.
            if (backlog.Log.Slot is { } slot)
                backlog.Slot = slot;
            else if (!KeepsDropped)
                continue;
            if (backlog.Harvested.IsEmpty)
            {
                backlog.Turn();
                _harvested.Add(backlog);
            }
            else
            {
                backlog.Accumulate();
            }
        }
        _queue.Clear();
    }
}
