using System;
using System.Threading;

namespace KvmSharp.Litmus;

/// <summary>
/// Two threads that race in rounds: both come to a point, wait a little – each as long as chance says, so that the window
/// moves over all there is – do their side at the same time, and meet again. Then one of them judges.
/// </summary>
abstract class RoundRace(string name, bool isBroken) : Variant(name, isBroken)
{
    // A power of two less one: looking at the clock each round would tell the sides apart.
    const long DeadlineMask = 0xFF;

    /// <summary>How long a side waits at most before it acts, in steps of <see cref="Work"/>.</summary>
    protected virtual int MaxOffset => 60;

    /// <summary>Brings everything to where a round begins. Nobody else runs.</summary>
    /// <param name="random">Chance.</param>
    protected abstract void Prepare(Random random);

    /// <summary>The side of the thread that does not judge.</summary>
    protected abstract void Answer();

    /// <summary>The side of the thread that judges.</summary>
    protected abstract void Challenge();

    /// <summary>Judges a round. Nobody else runs.</summary>
    /// <returns>Whether the sides met, and whether the protocol's promise was broken.</returns>
    protected abstract (bool Met, bool Violated) Judge();

    internal override Observation Run(TimeSpan duration)
    {
        var rendezvous = new Rendezvous();
        int seed = Environment.TickCount;
        bool over = false;
        var other = new Thread(() =>
        {
            var jitter = new Random(seed);
            while (true)
            {
                int offset = jitter.Next(MaxOffset);
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                Work.Do(offset);
                Answer();
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        other.Start();

        var random = new Random(seed + 1);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0, violations = 0;
        while (true)
        {
            Prepare(random);
            int offset = random.Next(MaxOffset);
            if ((samples & DeadlineMask) == 0 && deadline.HasPassed)
                Volatile.Write(ref over, true);
            rendezvous.Meet(first: true);
            if (over)
                break;
            Work.Do(offset);
            Challenge();
            rendezvous.Meet(first: true);
            samples++;
            (bool met, bool violated) = Judge();
            hits += met ? 1 : 0;
            violations += violated ? 1 : 0;
        }
        other.Join();
        return new Observation(samples, hits, violations);
    }
}
