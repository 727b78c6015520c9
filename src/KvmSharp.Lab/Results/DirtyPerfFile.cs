using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Results;

/// <summary>The phases of dirty logging and of restoring: the results of <c>kvmsharp perf --test dirty-log,dirty-ring,restore</c>.</summary>
/// <param name="Source">Where it was read from, for messages.</param>
/// <param name="Machine">Where it ran, and of which sources.</param>
/// <param name="Command">The command line that measures the same again, where it was written down.</param>
/// <param name="IsComplete">Whether everything asked for was measured.</param>
/// <param name="Load">What was logged.</param>
/// <param name="Phases">The phases, in the order in which they came; each once for a mode and a number of pages.</param>
/// <param name="Stalls">How long vCPUs were held back.</param>
public sealed record DirtyPerfFile(
    string Source,
    MachineDescription Machine,
    string? Command,
    bool IsComplete,
    DirtyPerfLoad Load,
    IReadOnlyList<DirtyPhaseFigure> Phases,
    IReadOnlyList<DirtyStallFigure> Stalls)
    : ResultFile(Source, Machine, Command, IsComplete)
{
    /// <summary>The mode in which checkpoints are taken and restored; the others log.</summary>
    public const string CheckpointMode = "checkpoint";

    /// <summary>The phase that brings a machine back to its checkpoint; it comes with several numbers of pages.</summary>
    public const string RestorePhase = "restore";

    /// <inheritdoc/>
    public override bool HasFigures => Phases.Count > 0;
}

/// <summary>What was logged: two runs are alike only if this is.</summary>
/// <param name="MegabytesPerVcpu">Memory of each vCPU.</param>
/// <param name="Slots">Slots that the memory is cut into.</param>
/// <param name="Vcpus">vCPUs.</param>
/// <param name="WriteFraction">Pages that are written, as a part of all.</param>
public sealed record DirtyPerfLoad(int MegabytesPerVcpu, int Slots, int Vcpus, double WriteFraction)
{
    /// <summary>Pages of all vCPUs together.</summary>
    public long Pages => ((long)MegabytesPerVcpu << 20 >> Addresses.Page.Shift) * Vcpus;
}

/// <summary>A phase, with all the times that it came.</summary>
/// <param name="Mode">How the log is kept and read.</param>
/// <param name="Phase">The phase.</param>
/// <param name="Pages">Pages that it found or worked on, the first time; none where it is not about pages.</param>
/// <param name="Seconds">Its times, at least one; of a restore, the median of many.</param>
public sealed record DirtyPhaseFigure(string Mode, string Phase, long? Pages, IReadOnlyList<double> Seconds)
{
    // A restore is measured this often at least.
    const int RestoreSamples = 20;

    /// <summary>The median in nanoseconds; between the shortest and the longest time, where there are several.</summary>
    public Estimate Estimate
    {
        get
        {
            double[] times = [.. Seconds.Order().Select(seconds => seconds * 1e9)];
            double median = times[times.Length / 2];
            return times.Length > 1 ? Estimate.OfQuartiles(median, times[0], times[^1])
                : Estimate.OfMean(median, Phase == DirtyPerfFile.RestorePhase ? RestoreSamples : 1);
        }
    }
}

/// <summary>How long vCPUs were held back in a mode, from switching logging on to switching it off.</summary>
/// <param name="Mode">How the log is kept and read.</param>
/// <param name="Cause">What they waited for.</param>
/// <param name="Count">How often.</param>
/// <param name="Seconds">How long in all.</param>
public sealed record DirtyStallFigure(string Mode, string Cause, long Count, double Seconds);
