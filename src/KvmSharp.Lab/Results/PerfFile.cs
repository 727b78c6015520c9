using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Results;

/// <summary>The results of <c>kvmsharp perf</c>.</summary>
/// <param name="Source">Where it was read from, for messages.</param>
/// <param name="Machine">Where it ran, and of which sources.</param>
/// <param name="Command">The command line that measures the same again, where it was written down.</param>
/// <param name="IsComplete">Whether everything asked for was measured.</param>
/// <param name="DefaultStore">The store that a machine gets when nothing is chosen.</param>
/// <param name="BaselineStore">The store that the others were compared with.</param>
/// <param name="SecondsPerTest">The time that each test was given.</param>
/// <param name="Runs">Runs, of which the best is reported.</param>
/// <param name="Guest">What executed the guest's loops.</param>
/// <param name="Figures">The results.</param>
/// <param name="NotPossible">What could not be run as it was asked for, and why.</param>
public sealed record PerfFile(
    string Source,
    MachineDescription Machine,
    string? Command,
    bool IsComplete,
    string DefaultStore,
    string BaselineStore,
    double SecondsPerTest,
    int Runs,
    string Guest,
    IReadOnlyList<PerfFigure> Figures,
    IReadOnlyList<PerfImpossibility> NotPossible)
    : ResultFile(Source, Machine, Command, IsComplete)
{
    /// <inheritdoc/>
    public override bool HasFigures => Figures.Count > 0;

    /// <summary>The figure of a test, if it was measured.</summary>
    public PerfFigure? Find(string test, int slots, string store) =>
        Figures.FirstOrDefault(figure => figure.Test == test && figure.Slots == slots && figure.Store == store);
}

/// <summary>The best run of a test with a store.</summary>
/// <param name="Test">The test's name.</param>
/// <param name="Slots">Slots in use.</param>
/// <param name="Store">The slot store's name.</param>
/// <param name="SecondsPerIteration">The mean time of an iteration.</param>
/// <param name="Iterations">Iterations that it is the mean of.</param>
public sealed record PerfFigure(string Test, int Slots, string Store, double SecondsPerIteration, long Iterations)
{
    /// <summary>The time, and how far it can be trusted.</summary>
    public Estimate Estimate => Estimate.OfMean(SecondsPerIteration * 1e9, Iterations);
}

/// <summary>A test that could not be run with the slots asked for.</summary>
/// <param name="Test">The test's name.</param>
/// <param name="Slots">The slots asked for.</param>
/// <param name="Reason">What stood in the way.</param>
/// <param name="Store">The store that it was not possible with; none when it was so with all.</param>
public sealed record PerfImpossibility(string Test, int Slots, string Reason, string? Store = null);
