using System;
using System.Threading;

namespace KvmSharp.Litmus.Removal;

/// <summary>
/// A reader finds a vCPU by its number, works a while, and looks the number up again; meanwhile the vCPU is removed and its
/// number given to another. Who finds another vCPU than before has had the number taken away under its hands.
/// </summary>
abstract class NumberRace(string name, bool isBroken) : Variant(name, isBroken)
{
    const int MaxWork = 400;

    /// <summary>Removes the vCPU that has the number, and creates another, which gets it.</summary>
    protected abstract void Replace();

    /// <summary>As a reader: finds the vCPU, works, and finds it again.</summary>
    /// <returns>What was found; null where there was none.</returns>
    protected abstract (object? First, object? Second) LookTwice(int work);

    internal override Observation Run(TimeSpan duration)
    {
        bool over = false;
        long looks = 0, met = 0, violations = 0;
        var reader = new Thread(() =>
        {
            var random = new Random(Environment.TickCount);
            object? last = null;
            while (!Volatile.Read(ref over))
            {
                (object? first, object? second) = LookTwice(random.Next(MaxWork));
                looks++;
                // Gone, or never there: both are right answers.
                if (first is not null && second is not null && !ReferenceEquals(first, second))
                    violations++;
                // The reader was there just when the vCPU went, or found another than the last time.
                if ((first is not null && second is null) || (first is not null && !ReferenceEquals(first, last)))
                    met++;
                last = first ?? last;
            }
        })
        { IsBackground = true };
        reader.Start();

        long replaced = 0;
        var deadline = new Deadline(duration);
        for (; !deadline.HasPassed; replaced++)
            Replace();
        Volatile.Write(ref over, true);
        reader.Join();
        return new Observation(looks, met, violations, $"{replaced} replaced");
    }
}
