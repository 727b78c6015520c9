using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;

namespace KvmSharp.SecondStage;

/// <summary>
/// A machine's second stage: a table for each address space, one lock, one invalidation state, and the rule that whoever
/// takes a translation away has flushed it before letting go of the lock.
/// </summary>
/// <remarks>
/// The flush stands inside the exclusive lock: a second taker that finds nothing left to take must not return while the
/// first one's flush is still on its way. vCPUs wait for the lock outside guest mode, so the flush does not wait for them.
/// </remarks>
sealed partial class Mmu
{
    readonly SecondStageTable[] _tables;
    readonly MmuLock _lock = new();
    readonly InvalidationState _invalidation = new();
    readonly IRemoteTlbs _tlbs;

    // Written under the exclusive lock, read anywhere.
    long _zaps;
    long _zappedLeaves;

    internal Mmu(int spaces, IRemoteTlbs tlbs)
    {
        _tlbs = tlbs;
        _tables = new SecondStageTable[spaces];
        for (int space = 0; space < spaces; space++)
            _tables[space] = new SecondStageTable();
        Tracking = new WriteTracking(this);
    }

    internal long Zaps => Volatile.Read(ref _zaps);

    internal long ZappedLeaves => Volatile.Read(ref _zappedLeaves);

    internal ulong Sequence => _invalidation.Sequence;

    internal SecondStageTable Table(AddressSpaceId space) => _tables[space.Value];

    internal ulong ReadSequence() => _invalidation.ReadSequence();

    internal bool MustRetry(ulong sequence, Gfn gfn) => _invalidation.MustRetry(sequence, gfn);

    /// <summary>Whether the host may be changing the memory behind a frame now. Exact for invalidations that began before
    /// the caller's read section; those that begin later wait for the section.</summary>
    internal bool IsBeingInvalidated(Gfn gfn) => _invalidation.MustRetry(_invalidation.ReadSequence(), gfn);

    /// <summary>Maps what a fault found, unless it may be out of date, and records a write to a logged slot.</summary>
    /// <returns><see langword="false"/> when it may be.</returns>
    internal bool TryMap(
        AddressSpaceId space, int hint, ulong sequence, MemorySlot slot, Gfn gfn, PageLevel level, bool writable, bool write,
        DirtyRing? ring)
    {
        // Mostly a change that came meanwhile shows without the lock.
        if (_invalidation.MustRetry(sequence, gfn))
            return false;
        _lock.EnterShared(hint);
        try
        {
            // A slot is hidden, and an invalidation begun, before its frames are zapped under the exclusive lock: what is
            // mapped here in time is zapped, and what comes too late sees it.
            if (slot.IsStale || _invalidation.MustRetry(sequence, gfn))
                return false;
            Tracking.Settle(space, gfn, write, ref level, ref writable);
            bool records = write && slot.IsLogged;
            // Recorded and mapped in one with respect to a harvest, which holds the lock exclusively; and recorded first,
            // so that who reads a bitmap without the lock never misses a page that another vCPU has found writable.
            if (records)
                slot.DirtyBitmap?.Mark(gfn - slot.Base);
            bool changed = _tables[space.Value].Map(
                gfn, level, slot.ToHva(gfn), writable, accessed: true, dirty: write && writable);
            // Into a ring a page goes once for each time that it was made to fault.
            if (records && changed)
                ring?.Push(slot.Word, gfn - slot.Base);
            return true;
        }
        finally
        {
            _lock.ExitShared(hint);
        }
    }

    /// <summary>Takes away the translations of slots that are hidden.</summary>
    internal void ZapHidden(AddressSpaceId space, ReadOnlySpan<SlotChange> changes)
    {
        SecondStageTable table = _tables[space.Value];
        _lock.EnterExclusive();
        try
        {
            ulong leaves = 0;
            foreach (ref readonly SlotChange change in changes)
            {
                if (change.RemovesMemory)
                    leaves += table.Zap(change.Old!.Frames);
            }
            CountAndFlush(leaves);
        }
        finally
        {
            _lock.ExitExclusive();
        }
    }

    /// <summary>Takes the translations of frames away.</summary>
    internal void Zap(AddressSpaceId space, GfnRange frames)
    {
        _lock.EnterExclusive();
        try
        {
            CountAndFlush(_tables[space.Value].Zap(frames));
        }
        finally
        {
            _lock.ExitExclusive();
        }
    }

    /// <summary>Takes part in a host invalidation. The lock is taken when the first slot is found, as in KVM.</summary>
    internal Invalidator Invalidate() => new(this);

    /// <summary>Clears the accessed bits of frames.</summary>
    /// <returns>Whether one was set.</returns>
    internal bool Age(AddressSpaceId space, GfnRange frames, bool flush)
    {
        _lock.EnterExclusive();
        try
        {
            bool young = _tables[space.Value].Age(frames);
            if (young && flush)
                _tlbs.Flush();
            return young;
        }
        finally
        {
            _lock.ExitExclusive();
        }
    }

    void CountAndFlush(ulong leaves)
    {
        if (leaves == 0)
            return;
        Volatile.Write(ref _zaps, _zaps + 1);
        Volatile.Write(ref _zappedLeaves, _zappedLeaves + (long)leaves);
        _tlbs.Flush();
    }

    /// <summary>One walk over the slots of a host range, at the begin or at the end of an invalidation.</summary>
    internal ref struct Invalidator
    {
        readonly Mmu _mmu;
        ulong _leaves;

        internal Invalidator(Mmu mmu) => _mmu = mmu;

        /// <summary>Whether the lock was taken, that is, a slot was found.</summary>
        internal bool IsLocked { get; private set; }

        /// <summary>The invalidation begins for frames of slots: their translations go, faults on them retry.</summary>
        /// <param name="space">The slots' space.</param>
        /// <param name="frames">Their frames; an empty range does nothing.</param>
        internal void Begin(AddressSpaceId space, GfnRange frames)
        {
            if (frames.IsEmpty)
                return;
            if (!IsLocked)
            {
                _mmu._lock.EnterExclusive();
                IsLocked = true;
                _mmu._invalidation.BeginLocked(frames);
            }
            else
            {
                _mmu._invalidation.ExtendLocked(frames);
            }
            _leaves += _mmu._tables[space.Value].Zap(frames);
        }

        /// <summary>The invalidation that found a slot ends. Once, however many slots there are.</summary>
        internal void End()
        {
            _mmu._lock.EnterExclusive();
            IsLocked = true;
            _mmu._invalidation.EndLocked();
        }

        /// <summary>Flushes what was taken away and lets go of the lock.</summary>
        public void Dispose()
        {
            if (!IsLocked)
                return;
            try
            {
                _mmu.CountAndFlush(_leaves);
            }
            finally
            {
                _mmu._lock.ExitExclusive();
            }
        }
    }
}
