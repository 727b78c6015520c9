using System;
using System.Threading;

namespace KvmSharp.Litmus.HandOver;

/// <summary>
/// A vCPU looks into the array that it has a pointer to, while arrays are replaced and the former ones cleared. Who finds
/// nothing at an index that was online has looked into an array after it was taken away.
/// </summary>
abstract class MoveRace(string name, bool isBroken) : Variant(name, isBroken)
{
    /// <summary>As the writer: begins anew, with one vCPU.</summary>
    protected abstract void Begin();

    /// <summary>As the writer: adds vCPUs, replacing the array as it grows.</summary>
    /// <returns>Arrays replaced.</returns>
    protected abstract int Grow();

    /// <summary>As the vCPU: looks at an index that was online before.</summary>
    /// <param name="random">Chooses the index.</param>
    /// <param name="moved">Whether the array was replaced since the last look.</param>
    /// <returns>Whether a vCPU was found.</returns>
    protected abstract bool Look(Random random, out bool moved);

    /// <summary>As the vCPU: after its last look.</summary>
    protected virtual void Leave()
    {
    }

    internal override Observation Run(TimeSpan duration)
    {
        var rendezvous = new Rendezvous();
        bool over = false, done = false;
        long looks = 0, moves = 0, violations = 0;
        var vcpu = new Thread(() =>
        {
            var random = new Random(Environment.TickCount);
            while (true)
            {
                rendezvous.Meet(first: false);
                if (Volatile.Read(ref over))
                    return;
                while (!Volatile.Read(ref done))
                {
                    violations += Look(random, out bool moved) ? 0 : 1;
                    moves += moved ? 1 : 0;
                    looks++;
                }
                Leave();
                rendezvous.Meet(first: false);
            }
        })
        { IsBackground = true };
        vcpu.Start();

        long replaced = 0;
        var deadline = new Deadline(duration);
        while (true)
        {
            Begin();
            Volatile.Write(ref done, false);
            Volatile.Write(ref over, deadline.HasPassed);
            rendezvous.Meet(first: true);
            if (over)
                break;
            replaced += Grow();
            Volatile.Write(ref done, true);
            rendezvous.Meet(first: true);
        }
        vcpu.Join();
        return new Observation(looks, moves, violations, $"{replaced} arrays replaced");
    }
}
