using System;
using System.Threading;

namespace KvmSharp.Litmus.Publish;

/// <summary>A writer swaps two things again and again; a reader that looks at both must find one each.</summary>
abstract class SwapRace(string name, bool isBroken) : Variant(name, isBroken)
{
    /// <summary>Swaps, as the writer.</summary>
    protected abstract void Swap();

    /// <summary>Looks at both places.</summary>
    /// <returns>What is in the first and the second: 1 or 2, or 0 for nothing.</returns>
    protected abstract (int First, int Second) Look();

    internal override Observation Run(TimeSpan duration)
    {
        bool over = false;
        long violations = 0, looks = 0, turns = 0;
        var reader = new Thread(() =>
        {
            int last = 0;
            while (!Volatile.Read(ref over))
            {
                (int first, int second) = Look();
                looks++;
                if (first == 0 || second == 0 || first == second)
                    violations++;
                turns += first != last ? 1 : 0;
                last = first;
            }
        })
        { IsBackground = true };
        reader.Start();

        long swaps = 0;
        var deadline = new Deadline(duration);
        for (; !deadline.HasPassed; swaps++)
            Swap();
        Volatile.Write(ref over, true);
        reader.Join();
        // The reader has followed the writer this often: a look fell between two neighbouring swaps.
        return new Observation(looks, turns, violations, $"{swaps} swaps");
    }
}
