using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using KvmSharp.Tests;
using KvmSharp.X86.Tests.Oracle.Sequences;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// What fixed cases came to on a host whose CPU agreed: a text file for each set, a line for each form or group of sequences,
/// with a sum over all results. A host that is no judge has to come to the same.
/// </summary>
static class RecordedResults
{
    const ulong Seed = 0x5eed;
    const int StatesOfAForm = 128;
    const int SequencesInAll = 2048;
    const string Folder = "tests/KvmSharp.X86.Tests/Oracle/Recorded";

    /// <summary>The set of sequences, beside those of single instructions.</summary>
    internal const string Sequences = "sequences";

    /// <summary>What is recorded.</summary>
    internal static IEnumerable<string> Names => FormSet.All.Select(set => set.Name).Append(Sequences);

    /// <summary>The recorded sums of a set.</summary>
    internal static SortedDictionary<string, ulong> Read(string name)
    {
        SortedDictionary<string, ulong> sums = new(StringComparer.Ordinal);
        foreach (string line in File.ReadAllLines(PathOf(name)))
        {
            string[] parts = line.Split(' ');
            sums[parts[0]] = ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        return sums;
    }

    /// <summary>Runs a set's cases on the software CPU alone.</summary>
    internal static SortedDictionary<string, ulong> Compute(string name, out long cases) => Run(name, oracle: null, out cases);

    /// <summary>Records every set beside a judge.</summary>
    /// <param name="oracle">The process' first, whose addresses are those that hosts without one use.</param>
    /// <exception cref="InvalidOperationException">The judge disagrees, lacks a feature, or lies elsewhere.</exception>
    internal static void Record(HardwareOracle oracle)
    {
        if (oracle.Reach.Start != NativeArena.FirstOracle)
            throw new InvalidOperationException($"the judge lies at 0x{oracle.Reach.Start:x}, not at 0x{NativeArena.FirstOracle:x}");
        if (FormSet.All.SelectMany(set => set.Forms).FirstOrDefault(form => !HostFeatures.Executes(form)) is var missing && missing != 0)
            throw new InvalidOperationException($"the host's CPU does not execute {missing}");
        foreach (string name in Names)
            File.WriteAllLines(PathOf(name), Run(name, oracle, out _).Select(pair => $"{pair.Key} {pair.Value:x16}"));
    }

    static SortedDictionary<string, ulong> Run(string name, HardwareOracle? oracle, out long cases)
    {
        if (name == Sequences)
        {
            using SequenceRun run = new(Seed, oracle);
            run.Run(SequencesInAll);
            cases = run.Cases;
            Require(run.Differences.Count == 0, string.Join('\n', run.Differences));
            return run.Sums;
        }

        using DifferentialRun forms = new(FormSet.All.Single(set => set.Name == name), Seed, oracle);
        forms.Run(StatesOfAForm);
        cases = forms.Cases;
        Require(forms.Differences is null, forms.Differences);
        return forms.Sums;
    }

    static void Require(bool agrees, string? differences)
    {
        if (!agrees)
            throw new InvalidOperationException($"nothing is recorded while the judge disagrees:\n{differences}");
    }

    static string PathOf(string name) => Path.Combine(RepositoryRoot.Path, Folder, $"{name}.txt");
}
