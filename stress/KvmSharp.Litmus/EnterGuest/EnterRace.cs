using System;
using System.Threading;

namespace KvmSharp.Litmus.EnterGuest;

/// <summary>
/// An owner enters guest mode while a requester makes a request. The owner may miss the request, or the requester may
/// miss that the vCPU runs, but never both: the request would be neither served nor awaited.
/// </summary>
abstract class EnterRace(string name, bool isBroken) : Variant(name, isBroken)
{
    const int MaxOffset = 60;

    /// <summary>The owner's side.</summary>
    /// <returns>Whether it entered, that is, saw no request.</returns>
    protected abstract bool TryEnter();

    /// <summary>The requester's side.</summary>
    /// <returns>Whether it saw the vCPU in guest mode.</returns>
    protected abstract bool Request();

    /// <summary>Leaves guest mode and forgets the request, on the owner's thread.</summary>
    protected abstract void Leave();

    internal override Observation Run(TimeSpan duration)
    {
        var rendezvous = new Rendezvous();
        int seed = Environment.TickCount;
        bool over = false;
        bool entered = false;
        var owner = new Thread(() =>
        {
            var random = new Random(seed);
            while (true)
            {
                Leave();
                int offset = random.Next(MaxOffset);
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                Work.Do(offset);
                bool seesNoRequest = TryEnter();
                Volatile.Write(ref entered, seesNoRequest);
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        owner.Start();

        var jitter = new Random(seed + 1);
        var deadline = new Deadline(duration);
        long samples = 0, hits = 0, violations = 0;
        while (true)
        {
            int offset = jitter.Next(MaxOffset);
            if ((samples & 0xFF) == 0 && deadline.HasPassed)
                Volatile.Write(ref over, true);
            rendezvous.Meet(first: true);
            if (over)
                break;
            Work.Do(offset);
            bool running = Request();
            rendezvous.Meet(first: true);
            samples++;
            bool missedByBoth = Volatile.Read(ref entered) && !running;
            bool seenByBoth = !Volatile.Read(ref entered) && running;
            violations += missedByBoth ? 1 : 0;
            hits += missedByBoth || seenByBoth ? 1 : 0;
        }
        owner.Join();
        return new Observation(samples, hits, violations);
    }
}
