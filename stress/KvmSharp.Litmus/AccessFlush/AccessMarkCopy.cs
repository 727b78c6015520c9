using System.Threading;

namespace KvmSharp.Litmus.AccessFlush;

/// <summary>
/// A copy of the access mark of a vCPU's memory view: the owner marks itself by a plain store; the requester sets the
/// attention word and then believes the mark – after a process-wide barrier, or, broken, without.
/// </summary>
/// <remarks>
/// What goes wrong without: the mark still sits in the owner's store buffer while its load of the attention word is
/// done. The requester sees no mark and takes away what the owner is about to use.
/// </remarks>
sealed class AccessMarkCopy(bool withBarrier)
    : TakeAwayRace(withBarrier ? "copy, process barrier" : "copy, no barrier", isBroken: !withBarrier)
{
    // The barrier takes some microseconds; only a use that outlasts it is still there to be waited for.
    const int LongUse = 20_000;

    RaceWords _words;

    protected override int MaxUse => withBarrier ? LongUse : base.MaxUse;

    protected override bool TryUse(int use, out long data)
    {
        data = 0;
        Volatile.Write(ref _words.Announcement, 1);
        bool quiet = Volatile.Read(ref _words.Gone) == 0;
        if (quiet)
        {
            Work.Do(use);
            data = Volatile.Read(ref _words.Data);
        }
        Volatile.Write(ref _words.Announcement, 0);
        return quiet;
    }

    protected override bool TakeAway()
    {
        Interlocked.Or(ref _words.Gone, 1);
        if (withBarrier)
            Interlocked.MemoryBarrierProcessWide();
        bool met = false;
        while (Volatile.Read(ref _words.Announcement) != 0)
            met = true;
        Volatile.Write(ref _words.Data, Poison);
        return met;
    }

    protected override void Restore()
    {
        Volatile.Write(ref _words.Data, Clean);
        Interlocked.Exchange(ref _words.Gone, 0);
    }
}
