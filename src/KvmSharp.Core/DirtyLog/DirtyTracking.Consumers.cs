using System;
using System.Threading;
using KvmSharp.SecondStage;
using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

// Consumers. A log has one owner, the machine; whoever takes pages out of it leaves them with everybody else who has yet
// to be told.
partial class DirtyTracking
{
    readonly TouchedBitmaps _touched = new();

    // Guarded by the slots lock; replaced, never changed in place. Read without it only to see whether there are any.
    DirtyConsumer[] _consumers = [];

    /// <summary>Consumers that are open.</summary>
    public int ConsumerCount => Volatile.Read(ref _consumers).Length;

    /// <summary>
    /// Opens a consumer of all logs: its first harvest gives what is written from now on. The cost follows what was
    /// written and not harvested before, not the size of memory.
    /// </summary>
    /// <exception cref="KvmException"><see cref="KvmErrno.ENXIO"/>: the machine records in rings.</exception>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    public DirtyConsumer OpenConsumer()
    {
        lock (SlotsLock)
        {
            if (UsesRings)
                throw new KvmException("opening a dirty log consumer", KvmErrno.ENXIO, "the machine records writes in rings");
            return OpenConsumer(keepsDropped: false);
        }
    }

    internal DirtyConsumer OpenConsumer(bool keepsDropped)
    {
        ThrowIfInside();
        lock (SlotsLock)
        {
            if (_consumers.Length == 0)
                FollowAllLogs();
            // What was written before belongs to the others.
            CollectLocked();
            var consumer = new DirtyConsumer(this, keepsDropped);
            Volatile.Write(ref _consumers, [.. _consumers, consumer]);
            return consumer;
        }
    }

    internal void Close(DirtyConsumer consumer)
    {
        lock (SlotsLock)
            Volatile.Write(ref _consumers, Array.FindAll(_consumers, other => !ReferenceEquals(other, consumer)));
    }

    /// <summary>Brings what was written to all consumers, and turns this one's part over to it.</summary>
    internal void Collect(DirtyConsumer consumer)
    {
        ThrowIfInside();
        lock (SlotsLock)
        {
            CollectLocked();
            consumer.TakeQueue();
        }
    }

    /// <summary>Leaves pages with all consumers but one, and with KVM's bitmap: their content is no longer what it was.</summary>
    internal void ReportLocked(DirtyBitmap log, ulong firstPage, ulong count, DirtyConsumer? except)
    {
        log.ForKvm.MarkRange(firstPage, count);
        foreach (DirtyConsumer consumer in _consumers)
        {
            if (!ReferenceEquals(consumer, except))
                log.BacklogFor(consumer).Waiting.MarkRange(firstPage, count);
        }
    }

    /// <summary>Keeps level with the slots. Called by their one writer when a change is visible.</summary>
    internal void Committed(ReadOnlySpan<SlotChange> changes)
    {
        bool dropped = false;
        foreach (ref readonly SlotChange change in changes)
        {
            DirtyBitmap? before = change.Old?.DirtyBitmap;
            DirtyBitmap? after = change.New?.DirtyBitmap;
            if (before is not null && !ReferenceEquals(before, after))
            {
                KeepDropped(change.Old!, before);
                before.Slot = null;
                dropped |= before.IsFollowed;
            }
            else if (change.Old is { IsLogged: false, IsReadOnly: false } unlogged && change.New is null)
            {
                KeepDropped(unlogged);
            }
            if (after is null || _consumers.Length == 0)
                continue;
            after.Slot = change.New;
            if (!ReferenceEquals(before, after))
                AdoptLog(after);
        }
        if (dropped)
            ForgetDroppedLogs();
    }

    // Takes what was written out of the logs. Nothing was written where no log is in the list, so nothing is locked.
    void CollectLocked()
    {
        if (_touched.TakeAll() is not { } touched)
            return;
        var clearing = new Clearing(_machine.Mmu.Rearm(), _consumers, flat: default, forKvm: true);
        try
        {
            for (DirtyBitmap? log = touched; log is not null;)
            {
                DirtyBitmap? next = log.NextTouched;
                log.NextTouched = null;
                log.Unlist();
                if (log.Slot is { } slot)
                    clearing.Drain(slot, log);
                log = next;
            }
        }
        finally
        {
            clearing.Dispose();
        }
    }

    void FollowAllLogs()
    {
        for (byte space = 0; space < _machine.Slots.SpaceCount; space++)
        {
            foreach (MemorySlot slot in _machine.Slots.Snapshot(new AddressSpaceId(space)).All)
            {
                if (slot.DirtyBitmap is not { } log)
                    continue;
                log.Slot = slot;
                log.Follow(_touched);
            }
        }
    }

    // A slot that has just begun to log was not watched before, so all of it is new to everybody.
    void AdoptLog(DirtyBitmap log)
    {
        foreach (DirtyConsumer consumer in _consumers)
            log.BacklogFor(consumer).Waiting.MarkAll();
        log.Follow(_touched);
    }

    // Nobody writes the slot any more, or it is no longer logged: its pages need not fault again.
    void KeepDropped(MemorySlot slot, DirtyBitmap log)
    {
        foreach (DirtyConsumer consumer in _consumers)
        {
            if (!consumer.KeepsDropped)
                continue;
            DirtyBacklog backlog = log.BacklogFor(consumer);
            backlog.Waiting.Add(log);
            backlog.Slot = slot;
        }
    }

    // Nobody knows what was written through it, so all of it may have been.
    void KeepDropped(MemorySlot unlogged)
    {
        if (RecordsAll)
            KeepDropped(unlogged, new DirtyBitmap(unlogged.PageCount, initiallySet: true));
    }

    void ForgetDroppedLogs()
    {
        for (DirtyBitmap? log = _touched.TakeAll(); log is not null;)
        {
            DirtyBitmap? next = log.NextTouched;
            log.NextTouched = null;
            if (log.Slot is not null)
                _touched.Push(log);
            log = next;
        }
    }

    /// <summary>Takes pages out of logs: makes them fault again, and leaves them with everybody who has to be told.</summary>
    /// <remarks>
    /// The exclusive lock keeps faults away between the clearing of a bit and the protection of its page: a page that is
    /// recorded before is protected, and one that is recorded later is found next time.
    /// </remarks>
    ref struct Clearing(Mmu.Rearming rearming, DirtyConsumer[] consumers, FlatCopy flat, bool forKvm) : IDirtySink
    {
        readonly FlatCopy _flat = flat;
        Mmu.Rearming _rearming = rearming;
        MemorySlot? _slot;
        DirtyBitmap? _log;

        internal void Drain(MemorySlot slot, DirtyBitmap log)
        {
            _slot = slot;
            _log = log;
            log.Drain(ref this);
        }

        internal void Take(MemorySlot slot, DirtyBitmap log, int word, ulong mask)
        {
            _slot = slot;
            _log = log;
            ulong bits = log.Take(word, mask);
            if (bits != 0)
                AddWord((ulong)word * DirtyBitmap.PagesPerWord, bits);
        }

        public void AddWord(ulong firstPage, ulong bits)
        {
            _rearming.Add(_slot!, firstPage, bits);
            _flat.AddWord(firstPage, bits);
            if (forKvm)
                _log!.ForKvm.AddWord(firstPage, bits);
            foreach (DirtyConsumer consumer in consumers)
                _log!.BacklogFor(consumer).Waiting.AddWord(firstPage, bits);
        }

        public void AddRun(ulong firstPage, ulong count)
        {
            _rearming.AddRange(_slot!, firstPage, count);
            _flat.AddRun(firstPage, count);
            if (forKvm)
                _log!.ForKvm.AddRun(firstPage, count);
            foreach (DirtyConsumer consumer in consumers)
                _log!.BacklogFor(consumer).Waiting.AddRun(firstPage, count);
        }

        public void Dispose() => _rearming.Dispose();
    }
}
