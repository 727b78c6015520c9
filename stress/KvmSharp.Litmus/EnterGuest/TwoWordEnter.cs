using System.Threading;

namespace KvmSharp.Litmus.EnterGuest;

/// <summary>Mode and requests in two words, with a fence between the store and the load on either side, or, broken, none.</summary>
sealed class TwoWordEnter(bool withFences)
    : EnterRace(withFences ? "two words, fences" : "two words, no fence", isBroken: !withFences)
{
    RaceWords _words;

    ref long Mode => ref _words.Announcement;

    ref long Requests => ref _words.Gone;

    protected override bool TryEnter()
    {
        Volatile.Write(ref Mode, 1);
        if (withFences)
            Interlocked.MemoryBarrier();
        return Volatile.Read(ref Requests) == 0;
    }

    protected override bool Request()
    {
        Volatile.Write(ref Requests, 1);
        if (withFences)
            Interlocked.MemoryBarrier();
        return Volatile.Read(ref Mode) != 0;
    }

    protected override void Leave()
    {
        Volatile.Write(ref Mode, 0);
        Volatile.Write(ref Requests, 0);
    }
}
