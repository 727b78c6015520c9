using System;
using System.Diagnostics;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;

namespace KvmSharp.SecondStage;

// What dirty logging does to the second stage.
partial class Mmu
{
    /// <summary>Time that logging has cost.</summary>
    internal StallClock Stalls { get; } = new();

    /// <summary>
    /// Brings translations level with slots that began or ceased to log: the next write to a page of the former faults, so
    /// that it can be recorded; the latter may be mapped in large leaves again. One lock and one flush for all of them.
    /// </summary>
    internal void ChangeLogging(AddressSpaceId space, ReadOnlySpan<SlotChange> changes)
    {
        if (!AnyToChange(changes))
            return;
        SecondStageTable table = _tables[space.Value];
        _lock.EnterExclusive();
        try
        {
            var protector = new PageProtector(table);
            ulong zapped = 0;
            long began = Stopwatch.GetTimestamp();
            foreach (ref readonly SlotChange change in changes)
            {
                switch (LoggingOf(change))
                {
                    case LoggingChange.Begins:
                        protector.Protect(change.New!.Frames);
                        break;
                    case LoggingChange.Ends:
                        zapped += table.Zap(change.New!.Frames);
                        break;
                }
            }
            FlushLogged(ref protector, began);
            CountAndFlush(zapped);
        }
        finally
        {
            _lock.ExitExclusive();
        }
    }

    /// <summary>Makes the next write to pages fault again, under one exclusive lock and with one flush.</summary>
    internal Rearming Rearm() => new(this);

    void FlushLogged(ref PageProtector protector, long began)
    {
        long protectedAt = Stopwatch.GetTimestamp();
        if (protector.Splits != 0)
            Stalls.AddSplits(protector.Splits, protectedAt - began);
        if (!protector.HasTaken)
            return;
        _tlbs.Flush();
        Stalls.AddFlush(Stopwatch.GetTimestamp() - protectedAt);
    }

    static bool AnyToChange(ReadOnlySpan<SlotChange> changes)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (LoggingOf(change) != LoggingChange.None)
                return true;
        }
        return false;
    }

    static LoggingChange LoggingOf(in SlotChange change)
    {
        // A slot that comes, goes or moves has no translations left; a read-only one has none that can be written.
        if (change.Old is not { } old || change.New is not { IsReadOnly: false } @new || change.RemovesMemory)
            return LoggingChange.None;
        if (old.IsLogged == @new.IsLogged)
            return LoggingChange.None;
        if (!@new.IsLogged)
            return LoggingChange.Ends;
        // All pages are reported anyway; each is protected when its bit is first cleared.
        return @new.DirtyBitmap is { IsInitiallySet: true } ? LoggingChange.None : LoggingChange.Begins;
    }

    enum LoggingChange
    {
        None,
        Begins,
        Ends,
    }

    /// <summary>Pages that are being made to fault at their next write.</summary>
    internal ref struct Rearming
    {
        readonly Mmu _mmu;
        readonly long _began;
        PageProtector _protector;
        int _space = -1;

        internal Rearming(Mmu mmu)
        {
            _mmu = mmu;
            mmu._lock.EnterExclusive();
            _began = Stopwatch.GetTimestamp();
        }

        /// <summary>Pages of one word of a slot's log.</summary>
        /// <param name="slot">The slot.</param>
        /// <param name="firstPage">The page of bit 0.</param>
        /// <param name="bits">A bit for each page.</param>
        internal void Add(MemorySlot slot, ulong firstPage, ulong bits)
        {
            Enter(slot);
            _protector.Protect(slot.Base + firstPage, bits);
        }

        /// <summary>A row of pages of a slot.</summary>
        internal void AddRange(MemorySlot slot, ulong firstPage, ulong count)
        {
            Enter(slot);
            _protector.Protect(new GfnRange(slot.Base + firstPage, count));
        }

        /// <summary>Flushes and lets go of the lock.</summary>
        public void Dispose()
        {
            try
            {
                if (_space >= 0)
                    _mmu.FlushLogged(ref _protector, _began);
            }
            finally
            {
                _mmu._lock.ExitExclusive();
            }
        }

        void Enter(MemorySlot slot)
        {
            int space = slot.Space.Value;
            if (space == _space)
                return;
            if (_space >= 0)
                _mmu.FlushLogged(ref _protector, _began);
            _space = space;
            _protector = new PageProtector(_mmu._tables[space]);
        }
    }
}
