using System.Threading;
using KvmSharp.Reclaim;

namespace KvmSharp.Litmus.Sections;

/// <summary>The library's read sections: a reader finds something inside one, the writer removes it and waits.</summary>
sealed class SectionRace() : TakeAwayRace("ReadSections", isBroken: false)
{
    readonly ReadSections _sections = new();
    RaceWords _words;

    protected override bool TryUse(int use, out long data)
    {
        data = 0;
        using ReadSection section = _sections.Enter();
        // Only tells the taker that it had somebody to wait for; it is no part of the protocol.
        Volatile.Write(ref _words.Announcement, 1);
        bool found = Volatile.Read(ref _words.Gone) == 0;
        if (found)
        {
            Work.Do(use);
            data = Volatile.Read(ref _words.Data);
        }
        Volatile.Write(ref _words.Announcement, 0);
        return found;
    }

    protected override bool TakeAway()
    {
        // As slots are published: a release store. The fence is WaitForReaders' own.
        Volatile.Write(ref _words.Gone, 1);
        bool met = Volatile.Read(ref _words.Announcement) != 0;
        _sections.WaitForReaders();
        Volatile.Write(ref _words.Data, Poison);
        return met;
    }

    protected override void Restore()
    {
        Volatile.Write(ref _words.Data, Clean);
        Volatile.Write(ref _words.Gone, 0);
    }
}
