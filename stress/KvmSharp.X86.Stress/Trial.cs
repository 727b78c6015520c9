using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.X86.Tests.Fuzzing;
using KvmSharp.X86.Tests.Oracle;
using KvmSharp.X86.Tests.Oracle.Sequences;

namespace KvmSharp.X86.Stress;

/// <summary>Something that is tried with one seed after the other.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Promise">What has to hold.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="NeedsOracle">Whether the host's CPU is the judge.</param>
/// <param name="Run">A second's work or so.</param>
sealed record Trial(string Name, string Promise, string Unit, bool NeedsOracle, Func<ulong, HardwareOracle?, TrialResult> Run)
{
    const int StatesOfAForm = 128;
    const int SequencesOfARound = 1000;
    const int TranslatedSequencesOfARound = 100;
    const long InstructionsOfARound = 500_000;
    const long StatesOfARound = 2000;

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Trial> All { get; } =
    [
        .. FormSet.All.Select(OfForms),
        new("sequences", "short random sequences do what the host's CPU does", "cases", true, RunSequences),
        new("translated", "the same after translation to host code", "cases", true, RunTranslated),
        new("code16", "random bytes as real-mode code never reach the host", "instructions", false, (seed, _) => RunCode(16, seed)),
        new("code32", "random bytes as protected-mode code never reach the host", "instructions", false, (seed, _) => RunCode(32, seed)),
        new("code64", "random bytes as 64-bit code never reach the host", "instructions", false, (seed, _) => RunCode(64, seed)),
        new("state", "random state set from outside never reaches the host", "states", false, RunState),
    ];

    static Trial OfForms(FormSet set) =>
        new(set.Name, $"every {set.Name} instruction does what the host's does", "cases", true, (seed, oracle) =>
        {
            using DifferentialRun run = new(set, seed, oracle);
            run.Run(StatesOfAForm);
            return new TrialResult(run.Cases, run.Differences);
        });

    static TrialResult RunSequences(ulong seed, HardwareOracle? oracle) =>
        RunSequences(seed, oracle, SequencesOfARound, translates: false);

    static TrialResult RunTranslated(ulong seed, HardwareOracle? oracle) =>
        RunSequences(seed, oracle, TranslatedSequencesOfARound, translates: true);

    static TrialResult RunSequences(ulong seed, HardwareOracle? oracle, int sequences, bool translates)
    {
        using SequenceRun run = new(seed, oracle, translates);
        run.Run(sequences);
        return new TrialResult(run.Cases, run.Differences.Count == 0 ? null : string.Join('\n', run.Differences));
    }

    static TrialResult RunCode(int bits, ulong seed)
    {
        RandomCodeRun run = new(bits, seed);
        run.Run(InstructionsOfARound);
        return new TrialResult(run.Instructions, null);
    }

    static TrialResult RunState(ulong seed, HardwareOracle? oracle)
    {
        RandomStateRun run = new(seed);
        run.Run(StatesOfARound);
        return new TrialResult(run.States, null);
    }
}

/// <summary>What a round came to.</summary>
/// <param name="Count">How much was tried, in the trial's unit.</param>
/// <param name="Differences">What came out wrong, as text; none if nothing did.</param>
readonly record struct TrialResult(long Count, string? Differences);
