using System;
using System.Threading;
using KvmSharp.Reclaim;

namespace KvmSharp.Litmus.Sections;

/// <summary>
/// The library's read sections with more readers than processors, so that readers lose their core at any instruction –
/// also between choosing a set and counting themselves in – while the writer replaces and poisons without a pause.
/// </summary>
sealed class CrowdedSections() : Variant("ReadSections, crowded", isBroken: false)
{
    readonly ReadSections _sections = new();

    internal override Observation Run(TimeSpan duration)
    {
        var current = new Item();
        bool over = false;
        long violations = 0, lookups = 0;
        var readers = new Thread[Environment.ProcessorCount + 2];
        for (int index = 0; index < readers.Length; index++)
        {
            int use = 50 << index;
            readers[index] = new Thread(() =>
            {
                long mine = 0;
                while (!Volatile.Read(ref over))
                {
                    using (_sections.Enter())
                    {
                        Item found = Volatile.Read(ref current);
                        Volatile.Write(ref found.Found, true);
                        Work.Do(use);
                        if (found.IsPoisoned)
                            Interlocked.Increment(ref violations);
                    }
                    mine++;
                }
                Interlocked.Add(ref lookups, mine);
            })
            { IsBackground = true };
            readers[index].Start();
        }

        long samples = 0, hits = 0;
        var deadline = new Deadline(duration);
        while (!deadline.HasPassed)
        {
            Item old = current;
            Volatile.Write(ref current, new Item());
            _sections.WaitForReaders();
            old.IsPoisoned = true;
            samples++;
            hits += Volatile.Read(ref old.Found) ? 1 : 0;
        }
        Volatile.Write(ref over, true);
        foreach (Thread reader in readers)
            reader.Join();
        return new Observation(samples, hits, violations, $"sampled, {lookups} sections");
    }

    sealed class Item
    {
        internal bool Found;
        bool _poisoned;

        internal bool IsPoisoned
        {
            get => Volatile.Read(ref _poisoned);
            set => Volatile.Write(ref _poisoned, value);
        }
    }
}
