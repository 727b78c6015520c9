using System;
using System.Threading;

namespace KvmSharp.Litmus.DirtyMark;

/// <summary>
/// A guest's thread writes a page and marks it while the log is drained. The write may be told by this drain, which then
/// reads it, or by the next; it must not be lost.
/// </summary>
abstract class MarkRace(string name, bool isBroken) : Variant(name, isBroken)
{
    const int MaxOffset = 60;

    RaceWords _words;

    /// <summary>Brings the log to where the race begins: perhaps with something marked. Nobody else runs.</summary>
    protected abstract void Prepare();

    /// <summary>Marks the page, whose data has just been stored.</summary>
    protected abstract void Mark();

    /// <summary>Takes everything out of the log.</summary>
    /// <returns>Whether the page was in it.</returns>
    protected abstract bool Drain();

    internal override Observation Run(TimeSpan duration)
    {
        var rendezvous = new Rendezvous();
        int seed = Environment.TickCount;
        bool over = false;
        var marker = new Thread(() =>
        {
            var random = new Random(seed);
            for (long round = 1; ; round++)
            {
                int offset = random.Next(MaxOffset);
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                Work.Do(offset);
                // Only tells the other side that it met somebody; it is no part of the protocol.
                Volatile.Write(ref _words.Announcement, 1);
                Volatile.Write(ref _words.Data, round);
                Mark();
                Volatile.Write(ref _words.Announcement, 0);
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        marker.Start();

        var jitter = new Random(seed + 1);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0, violations = 0;
        while (true)
        {
            Prepare();
            int offset = jitter.Next(MaxOffset);
            if ((samples & 0xFF) == 0 && deadline.HasPassed)
                Volatile.Write(ref over, true);
            rendezvous.Meet(first: true);
            if (over)
                break;
            Work.Do(offset);
            bool met = Volatile.Read(ref _words.Announcement) != 0;
            bool told = Drain();
            long data = Volatile.Read(ref _words.Data);
            met |= Volatile.Read(ref _words.Announcement) != 0;
            rendezvous.Meet(first: true);
            samples++;
            hits += met ? 1 : 0;
            bool toldLater = Drain();
            violations += !toldLater && !(told && data == samples) ? 1 : 0;
        }
        marker.Join();
        return new Observation(samples, hits, violations);
    }
}
