using System.Linq;
using System.Text.Json;
using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Cli.Tests;

/// <summary>What the measuring commands write is what the reader of results reads.</summary>
public class ResultRoundTripTests
{
    [Fact]
    public void Perf()
    {
        CommandRun run = CommandRun.Of("perf --slots 2,10 --test move-active,setup --store fixed-array:5,slot-trie --seconds 0.01 --json -");

        var file = (PerfFile)ResultFiles.Reader.Read("results", run.Out);

        using JsonDocument document = JsonDocument.Parse(run.Out);
        Assert.Equal(document.RootElement.GetProperty("results").GetArrayLength(), file.Figures.Count);
        Assert.Equal(
            document.RootElement.GetProperty("results")[0].GetProperty("secondsPerIteration").GetDouble(),
            file.Figures[0].SecondsPerIteration);
        Assert.Contains(file.NotPossible, obstacle => obstacle is { Test: "move-active", Slots: 2, Store: null });
        Assert.Contains(file.NotPossible, obstacle => obstacle is { Test: "setup", Slots: 10, Store: "fixed-array:5" });
        Assert.Contains(file.Figures, figure => figure is { Test: "setup", Slots: 2, Store: "fixed-array:5" });
        Assert.Equal(MachineDescription.OfThisMachine() with { MemoryBytes = 0 }, file.Machine with { MemoryBytes = 0 });
    }

    [Fact]
    public void PhasesOfDirtyLogging()
    {
        CommandRun run = CommandRun.Of("perf --test dirty-log,restore --memory 1 --vcpus 2 --write-fraction 0.5 --iterations 2 --json -");

        var file = (DirtyPerfFile)ResultFiles.Reader.Read("results", run.Out);

        Assert.Equal(new DirtyPerfLoad(1, 1, 2, 0.5), file.Load);
        Assert.Equal(2, Assert.Single(file.Phases, phase => phase is { Mode: "manual", Phase: "clear" }).Seconds.Count);
        Assert.Equal([1L, 10L, 100L], file.Phases.Where(phase => phase.Phase == DirtyPerfFile.RestorePhase).Select(phase => phase.Pages!.Value));
        Assert.All(file.Phases, phase => Assert.Equal(phase.Phase is "take" or "restore", phase.Mode == DirtyPerfFile.CheckpointMode));
        Assert.Contains(file.Stalls, stall => stall is { Mode: "bitmap", Cause: "write faults" });
    }

    [Fact]
    public void Scale()
    {
        CommandRun run = CommandRun.Of("scale slots --operation lookup-random --store twin-trees,slot-trie --slots 1,8 --seconds 0.002 --json -");

        var file = (ScaleFile)ResultFiles.Reader.Read("results", run.Out);

        using JsonDocument document = JsonDocument.Parse(run.Out);
        JsonElement row = document.RootElement.GetProperty("results")[0];
        Assert.Equal(document.RootElement.GetProperty("results").GetArrayLength(), file.Figures.Count);
        Assert.Equal(row.GetProperty("nanoseconds").GetDouble(), file.Figures[0].Measure.Nanoseconds);
        Assert.Equal(row.GetProperty("samples").GetInt32(), file.Figures[0].Measure.Samples);
        Assert.Equal(SlotStores.Default.Name == file.Figures[0].Design, file.Figures[0].IsDefault);
    }
}
