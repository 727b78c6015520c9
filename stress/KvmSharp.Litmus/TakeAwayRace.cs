using System;
using System.Threading;

namespace KvmSharp.Litmus;

/// <summary>
/// One user and one taker race in rounds: the user announces itself, looks whether the thing is still there, and uses
/// it for a while; the taker takes it away, waits for a user as the protocol says, and poisons it. Who has used poison
/// had something taken away under its hands.
/// </summary>
abstract class TakeAwayRace(string name, bool isBroken) : Variant(name, isBroken)
{
    internal const long Clean = 0x600D;
    internal const long Poison = 0xDEAD;

    // Sides that arrive together still differ by a cache miss or two; the offset moves the window over that.
    const int MaxOffset = 160;

    /// <summary>How long a use takes at most: long enough for the poison to arrive while it still goes on.</summary>
    protected virtual int MaxUse => 400;

    /// <summary>The user's side.</summary>
    /// <param name="use">How long the use takes.</param>
    /// <param name="data">What was found.</param>
    /// <returns><see langword="false"/> when the thing was seen to be gone.</returns>
    protected abstract bool TryUse(int use, out long data);

    /// <summary>The taker's side, with the poisoning at its end.</summary>
    /// <returns>Whether the user was met inside its use.</returns>
    protected abstract bool TakeAway();

    /// <summary>Puts the thing back, while nobody uses it.</summary>
    protected abstract void Restore();

    internal override Observation Run(TimeSpan duration)
    {
        var rendezvous = new Rendezvous();
        int seed = Environment.TickCount;
        bool over = false;
        bool usedPoison = false;
        long violations = 0;
        var user = new Thread(() =>
        {
            var random = new Random(seed);
            var cold = new ColdStores();
            while (true)
            {
                int offset = random.Next(MaxOffset);
                int use = random.Next(MaxUse);
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                Work.Do(offset);
                cold.StoreSomewhere();
                Volatile.Write(ref usedPoison, TryUse(use, out long data) && data == Poison);
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        user.Start();

        var jitter = new Random(seed + 1);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0;
        while (true)
        {
            Restore();
            int offset = jitter.Next(MaxOffset);
            if ((samples & 0xFF) == 0 && deadline.HasPassed)
                Volatile.Write(ref over, true);
            rendezvous.Meet(first: true);
            if (over)
                break;
            Work.Do(offset);
            bool met = TakeAway();
            rendezvous.Meet(first: true);
            samples++;
            bool violated = Volatile.Read(ref usedPoison);
            violations += violated ? 1 : 0;
            hits += met || violated ? 1 : 0;
        }
        user.Join();
        return new Observation(samples, hits, violations);
    }
}
