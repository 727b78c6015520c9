using System;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// What lets a page fault translate without a lock and still never install a page that the host has taken away: the
/// fault reads the sequence first, translates, and asks here again under the lock before it maps.
/// </summary>
/// <remarks>
/// The methods that change it assume the MMU lock held exclusively.
/// <para>Why a stale translation is never installed. A fault that read the old page before <see cref="BeginLocked"/>
/// either installs before the zap that follows it and is zapped, or finds the invalidation in progress for its frame, or
/// finds that the sequence has moved. It may be sent back without need, because the range only grows while any
/// invalidation is in progress; it is never let through wrongly.</para>
/// <para>Orders:</para>
/// <list type="bullet">
/// <item><see cref="EndLocked"/> raises the sequence before it lowers the count in progress;</item>
/// <item><see cref="MustRetry"/> and <see cref="MustRetryAny"/> read the count before the sequence. A reader outside the
/// lock that sees the invalidation gone therefore sees the sequence that it left behind.</item>
/// </list>
/// </remarks>
public sealed class InvalidationState
{
    // Written under the exclusive MMU lock, read anywhere with Volatile.Read:
    ulong _sequence;
    int _inProgress;
    // The union of the ranges in progress; means nothing while there are none.
    ulong _rangeStart;
    ulong _rangeEnd;

    /// <summary>Invalidations finished, of those that found memory.</summary>
    public ulong Sequence => ReadSequence();

    /// <summary>Invalidations begun and not ended, of those that found memory.</summary>
    public int InProgress => Volatile.Read(ref _inProgress);

    /// <summary>The union of the ranges in progress, and what lies between them; empty when there are none.</summary>
    /// <remarks>Exact only under the MMU lock.</remarks>
    public GfnRange Range => InProgress == 0
        ? default
        : GfnRange.Between(new Gfn(Volatile.Read(ref _rangeStart)), new Gfn(Volatile.Read(ref _rangeEnd)));

    /// <summary>Takes the snapshot with which a fault begins, before it looks at the slots.</summary>
    /// <remarks>
    /// Needs no lock. The acquire keeps the translation's reads behind it: a page found before an older sequence was
    /// read could otherwise pass for one found after. Pairs with <see cref="EndLocked"/>.
    /// </remarks>
    public ulong ReadSequence() => Volatile.Read(ref _sequence);

    /// <summary>Records that an invalidation of <paramref name="range"/> has found memory, before it is zapped.</summary>
    /// <param name="range">The guest frames; not empty.</param>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    public void BeginLocked(GfnRange range)
    {
        if (range.IsEmpty)
            throw new ArgumentException("an invalidation needs a range", nameof(range));

        bool first = _inProgress == 0;
        Volatile.Write(ref _rangeStart, first ? range.Start.Value : Math.Min(_rangeStart, range.Start.Value));
        Volatile.Write(ref _rangeEnd, first ? range.End.Value : Math.Max(_rangeEnd, range.End.Value));
        // The range is complete before the count says that there is one. Pairs with MustRetry() outside the lock.
        Volatile.Write(ref _inProgress, _inProgress + 1);
    }

    /// <summary>Records that the invalidation just begun has found memory in another slot too, before it is zapped.</summary>
    /// <param name="range">The guest frames; not empty.</param>
    public void ExtendLocked(GfnRange range)
    {
        Volatile.Write(ref _rangeStart, Math.Min(_rangeStart, range.Start.Value));
        Volatile.Write(ref _rangeEnd, Math.Max(_rangeEnd, range.End.Value));
    }

    /// <summary>Records that an invalidation is over. The range stays: others may still need it.</summary>
    /// <exception cref="InvalidOperationException">None was in progress: a fatal bug of the caller.</exception>
    public void EndLocked()
    {
        if (_inProgress == 0)
            throw new InvalidOperationException("an invalidation ended that never began");

        // Sequence first. In the gap a reader finds both, and retries; the other way round it would find neither.
        // Pairs with MustRetry() and MustRetryAny().
        Volatile.Write(ref _sequence, _sequence + 1);
        Volatile.Write(ref _inProgress, _inProgress - 1);
    }

    /// <summary>Whether a page found after <paramref name="snapshot"/> may be stale.</summary>
    /// <param name="snapshot">What <see cref="ReadSequence"/> gave before the translation.</param>
    /// <param name="gfn">The frame to be mapped.</param>
    /// <remarks>
    /// Exact under the MMU lock, shared or exclusive. Without it, a hint that may be wrong either way – it saves work,
    /// and must be asked again under the lock.
    /// </remarks>
    public bool MustRetry(ulong snapshot, Gfn gfn)
    {
        // Count before range and sequence. Pairs with BeginLocked() and EndLocked().
        if (Volatile.Read(ref _inProgress) != 0
            && gfn.Value >= Volatile.Read(ref _rangeStart)
            && gfn.Value < Volatile.Read(ref _rangeEnd))
        {
            return true;
        }

        return Volatile.Read(ref _sequence) != snapshot;
    }

    /// <summary>Whether any invalidation is in progress or has ended since <paramref name="snapshot"/>.</summary>
    /// <param name="snapshot">What <see cref="ReadSequence"/> gave.</param>
    /// <remarks>As for <see cref="MustRetry"/>.</remarks>
    public bool MustRetryAny(ulong snapshot) =>
        // Count before sequence. Pairs with EndLocked().
        Volatile.Read(ref _inProgress) != 0 || Volatile.Read(ref _sequence) != snapshot;
}
