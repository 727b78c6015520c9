using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

/// <summary>
/// What one consumer has still to be told about one slot: pages that were taken out of the slot's log, for whichever
/// consumer, since this one last harvested.
/// </summary>
/// <remarks>All but <see cref="Harvested"/> is guarded by the slots lock.</remarks>
sealed class DirtyBacklog
{
    internal DirtyBacklog(DirtyConsumer consumer, DirtyBitmap log)
    {
        Consumer = consumer;
        Log = log;
        Waiting = new DirtyBitmap(log.PageCount, initiallySet: false);
        Harvested = new DirtyBitmap(log.PageCount, initiallySet: false);
    }

    internal DirtyConsumer Consumer { get; }

    internal DirtyBitmap Log { get; }

    /// <summary>Pages of the next harvest.</summary>
    internal DirtyBitmap Waiting { get; private set; }

    /// <summary>Pages of the last harvest; the consumer's own.</summary>
    internal DirtyBitmap Harvested { get; private set; }

    /// <summary>The slot at the last harvest.</summary>
    internal MemorySlot? Slot { get; set; }

    /// <summary>Whether the backlog is among those that its consumer has to look at.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>Turns what waits into what is harvested; nothing may be left of the last harvest.</summary>
    internal void Turn() => (Waiting, Harvested) = (Harvested, Waiting);

    /// <summary>Adds what waits to what is harvested.</summary>
    internal void Accumulate()
    {
        Harvested.Add(Waiting);
        Waiting.Clear();
    }
}
