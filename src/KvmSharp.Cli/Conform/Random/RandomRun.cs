using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Random;

/// <summary>Runs random sequences on two machines until they differ or enough has been run.</summary>
sealed class RandomRun(IReadOnlyList<ConformMachine> machines, ConformOptions options, CancellationToken interruption)
{
    // Long enough for slots to meet, short enough to be made shorter.
    internal const int OperationsPerMachine = 250;

    internal long OperationsRun { get; private set; }

    internal long MachinesRun { get; private set; }

    /// <summary>Runs sequences.</summary>
    /// <param name="seed">The first one's seed; the others follow it.</param>
    /// <param name="progress">Told of operations that were run.</param>
    /// <returns>The shortest sequence that was found to make them differ; nothing when they do not.</returns>
    internal RandomDifference? Run(long seed, Action<long> progress)
    {
        for (long turn = 0; OperationsRun < options.RandomOperations && !interruption.IsCancellationRequested; turn++)
        {
            int sequenceSeed = unchecked((int)(seed + turn));
            int count = (int)Math.Min(OperationsPerMachine, options.RandomOperations - OperationsRun);
            IReadOnlyList<string> lines = RandomSequence.Make(sequenceSeed, count, options.Families);
            ConformOutcome outcome = RunLines(lines);
            OperationsRun += lines.Count;
            MachinesRun++;
            progress(OperationsRun);
            if (outcome.Differences.Count > 0)
                return Shorten(lines, outcome, sequenceSeed);
        }
        return null;
    }

    RandomDifference Shorten(IReadOnlyList<string> lines, ConformOutcome first, int seed)
    {
        ConformDifference difference = first.Differences[0];
        // What comes after the difference has no part in it.
        IReadOnlyList<string> shortest = [.. lines.Take(difference.Line.Number)];
        shortest = SequenceShortener.Shorten(shortest, candidate =>
        {
            if (interruption.IsCancellationRequested)
                return false;
            ConformOutcome outcome = RunLines(candidate);
            if (outcome.Differences.Count == 0)
                return false;
            difference = outcome.Differences[0];
            return true;
        });
        return new RandomDifference(seed, shortest, difference);
    }

    ConformOutcome RunLines(IReadOnlyList<string> lines)
    {
        var parsed = new List<ConformLine>(lines.Count);
        for (int index = 0; index < lines.Count; index++)
        {
            if (ConformFile.ParseLine(index + 1, lines[index]) is { } line)
                parsed.Add(line);
        }
        return new ConformRun(machines, interruption).Run(parsed, comparesOnly: true);
    }
}

/// <summary>A sequence on which two machines differ.</summary>
/// <param name="Seed">The seed of the sequence it was shortened from.</param>
/// <param name="Lines">The lines; the last one is where they differ.</param>
/// <param name="Difference">How.</param>
sealed record RandomDifference(int Seed, IReadOnlyList<string> Lines, ConformDifference Difference);
