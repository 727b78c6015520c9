using System;
using System.Threading;

namespace KvmSharp.Litmus.DirtyMark;

/// <summary>
/// A guest's thread writes a page and marks it while the log is drained. The write may be told by this drain, which then
/// reads it, or by the next; it must not be lost.
/// </summary>
abstract class MarkRace(string name, bool isBroken) : RoundRace(name, isBroken)
{
    RaceWords _words;

    // The judge's; the round is the marker's data.
    long _round;
    bool _met;
    bool _told;
    long _data;

    /// <summary>Brings the log to where the race begins: perhaps with something marked. Nobody else runs.</summary>
    protected abstract void Prepare();

    /// <summary>Marks the page, whose data has just been stored.</summary>
    protected abstract void Mark();

    /// <summary>Takes everything out of the log.</summary>
    /// <returns>Whether the page was in it.</returns>
    protected abstract bool Drain();

    protected sealed override void Prepare(Random random)
    {
        _round++;
        Prepare();
    }

    protected sealed override void Answer()
    {
        // Only tells the other side that it met somebody; it is no part of the protocol.
        Volatile.Write(ref _words.Announcement, 1);
        Volatile.Write(ref _words.Data, _round);
        Mark();
        Volatile.Write(ref _words.Announcement, 0);
    }

    protected sealed override void Challenge()
    {
        _met = Volatile.Read(ref _words.Announcement) != 0;
        _told = Drain();
        _data = Volatile.Read(ref _words.Data);
        _met |= Volatile.Read(ref _words.Announcement) != 0;
    }

    protected sealed override (bool Met, bool Violated) Judge()
    {
        bool toldLater = Drain();
        return (_met, !toldLater && !(_told && _data == _round));
    }
}
