using System;
using System.Threading;

namespace KvmSharp.Litmus.Publish;

/// <summary>A copy of the vCPU table, broken: the count is raised before the entry is stored.</summary>
sealed class CountBeforeEntry() : Variant("table copy, count first", isBroken: true)
{
    const int Capacity = 1024;

    internal override Observation Run(TimeSpan duration)
    {
        object?[] table = new object?[Capacity];
        int count = 0;
        bool over = false;
        long violations = 0, hits = 0;
        var reader = new Thread(() =>
        {
            int last = 0;
            while (!Volatile.Read(ref over))
            {
                int seen = Volatile.Read(ref count);
                if (seen == last)
                    continue;
                last = seen;
                hits++;
                if (seen > 0 && Volatile.Read(ref table[seen - 1]) is null)
                    violations++;
            }
        })
        { IsBackground = true };
        reader.Start();

        long samples = 0;
        var deadline = new Deadline(duration);
        while (!deadline.HasPassed)
        {
            for (int index = 0; index < Capacity; index++, samples++)
            {
                Volatile.Write(ref count, index + 1);
                Volatile.Write(ref table[index], new object());
            }
            // A reader that sees the table shrink is outside the experiment: only rising counts are looked at.
            Interlocked.Exchange(ref count, 0);
            Array.Clear(table);
        }
        Volatile.Write(ref over, true);
        reader.Join();
        return new Observation(samples, hits, violations);
    }
}
