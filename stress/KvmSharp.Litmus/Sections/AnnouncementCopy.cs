using System.Threading;

namespace KvmSharp.Litmus.Sections;

/// <summary>
/// A copy of a read section's announcement: by an atomic read-modify-write, or, broken, by a plain store, which may
/// become visible after the lookups that follow it.
/// </summary>
sealed class AnnouncementCopy(bool isAtomic)
    : TakeAwayRace(isAtomic ? "copy, atomic announcement" : "copy, plain announcement", isBroken: !isAtomic)
{
    RaceWords _words;

    protected override bool TryUse(int use, out long data)
    {
        data = 0;
        if (isAtomic)
            Interlocked.Increment(ref _words.Announcement);
        else
            Volatile.Write(ref _words.Announcement, 1);
        bool found = Volatile.Read(ref _words.Gone) == 0;
        if (found)
        {
            Work.Do(use);
            data = Volatile.Read(ref _words.Data);
        }
        if (isAtomic)
            Interlocked.Decrement(ref _words.Announcement);
        else
            Volatile.Write(ref _words.Announcement, 0);
        return found;
    }

    protected override bool TakeAway()
    {
        // The removal, then a full fence, then the looking: as WaitForReaders does.
        Interlocked.Exchange(ref _words.Gone, 1);
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
