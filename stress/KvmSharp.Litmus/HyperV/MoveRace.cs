using System;
using System.Threading;

namespace KvmSharp.Litmus.HyperV;

/// <summary>
/// A writer moves one thing between two places; a reader that looks for it in both at a time must find it.
/// </summary>
abstract class MoveRace(string name, bool isBroken) : Variant(name, isBroken)
{
    /// <summary>Moves it, as the writer.</summary>
    protected abstract void Move(bool toFirst);

    /// <summary>Whether it is in either place.</summary>
    protected abstract bool IsAnywhere();

    /// <summary>Whether it is in the first place.</summary>
    protected abstract bool IsFirst();

    internal override Observation Run(TimeSpan duration)
    {
        bool over = false;
        long violations = 0, looks = 0, turns = 0;
        Move(toFirst: true);
        var reader = new Thread(() =>
        {
            bool last = true;
            while (!Volatile.Read(ref over))
            {
                violations += IsAnywhere() ? 0 : 1;
                looks++;
                bool first = IsFirst();
                turns += first != last ? 1 : 0;
                last = first;
            }
        })
        { IsBackground = true };
        reader.Start();

        long moves = 0;
        var deadline = new Deadline(duration);
        for (; !deadline.HasPassed; moves++)
            Move(toFirst: (moves & 1) != 0);
        Volatile.Write(ref over, true);
        reader.Join();
        // The reader has followed the writer this often.
        return new Observation(looks, turns, violations, $"{moves} moves");
    }
}
