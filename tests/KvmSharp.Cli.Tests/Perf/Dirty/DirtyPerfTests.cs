using System;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Xunit;

namespace KvmSharp.Cli.Tests.Perf.Dirty;

public class DirtyPerfTests
{
    const string Tests = "perf --test dirty-log,dirty-ring,restore";

    [Theory]
    [InlineData(
        "perf --test dirty-log,map",
        "dirty-log is not measured together with \"map\", but with dirty-log, dirty-ring, restore only")]
    [InlineData("perf --test restore --store slot-trie", "--store has no meaning with these tests")]
    [InlineData("perf --test restore --seconds 1", "--seconds has no meaning with these tests")]
    [InlineData("perf --test map --memory 1", "--memory has no meaning with these tests")]
    [InlineData("perf --vcpus 2", "--vcpus has no meaning with these tests")]
    [InlineData(Tests + " --memory 0", "--memory \"0\" is not a number from 1 to 1048576")]
    [InlineData(Tests + " --vcpus 65", "--vcpus \"65\" is not a number from 1 to 64")]
    [InlineData(Tests + " --slots 1,2", "--slots \"1,2\" is not a number from 1 to 32764")]
    [InlineData(Tests + " --iterations 0", "--iterations \"0\" is not a number from 1 to 10000")]
    [InlineData(Tests + " --write-fraction 0", "--write-fraction \"0\" is not a number above 0 and up to 1")]
    [InlineData(Tests + " --write-fraction 1.5", "--write-fraction \"1.5\" is not a number above 0 and up to 1")]
    [InlineData(Tests + " --memory 1 --slots 257", "256 pages are too few for 257 slots")]
    public void Wrong_use_is_answered_with_one_line(string commandLine, string message)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.Equal((ExitCode.WrongUse, "", $"kvmsharp perf: {message}\n"), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public void Every_phase_of_every_mode_is_in_the_document()
    {
        CommandRun run = CommandRun.Of(Tests + " --memory 2 --slots 3 --vcpus 2 --write-fraction 0.5 --iterations 2 --json -");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        using JsonDocument document = JsonDocument.Parse(run.Out);
        JsonElement root = document.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.True(root.GetProperty("complete").GetBoolean());
        Assert.Equal(0.5, root.GetProperty("writeFraction").GetDouble());
        string[] phases = [.. root.GetProperty("phases").EnumerateArray().Select(phase =>
            $"{phase.GetProperty("mode").GetString()} {phase.GetProperty("phase").GetString()}").Distinct()];
        Assert.Equal(
            [
                "bitmap populate", "bitmap enable", "bitmap dirty", "bitmap get", "bitmap disable",
                "manual populate", "manual enable", "manual dirty", "manual get", "manual clear", "manual disable",
                "initially-set populate", "initially-set enable", "initially-set dirty", "initially-set get",
                "initially-set clear", "initially-set disable",
                "ring populate", "ring enable", "ring dirty", "ring harvest+reset", "ring disable",
                "checkpoint take", "checkpoint restore",
            ],
            phases);
        Assert.All(
            root.GetProperty("phases").EnumerateArray(), phase => Assert.True(phase.GetProperty("seconds").GetDouble() > 0));
        // Half of 2 × 512 pages, as the hash of their numbers has it, and the same in each mode.
        long[] cleared = [.. root.GetProperty("phases").EnumerateArray()
            .Where(phase => phase.GetProperty("phase").GetString() is "clear" or "harvest+reset")
            .Where(phase => phase.GetProperty("iteration").GetInt32() == 2)
            .Select(phase => phase.GetProperty("pages").GetInt64())];
        Assert.Equal(3, cleared.Length);
        Assert.InRange(cleared[0], 462, 562);
        Assert.Single(cleared.Distinct());
        Assert.NotEqual(0, root.GetProperty("stalls").EnumerateArray().Sum(stall => stall.GetProperty("count").GetInt64()));
    }

    [Fact]
    public void The_table_has_a_part_for_each_mode()
    {
        CommandRun run = CommandRun.Of(Tests + " --memory 1 --iterations 1");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        string[] lines = run.Out.Split('\n');
        Assert.StartsWith("1 × 1 MiB in 1 slot, 100 % of the pages written. On ", lines[0], StringComparison.Ordinal);
        foreach (string part in (string[])["dirty-log, bitmap:", "dirty-log, manual:", "dirty-log, initially-set:", "dirty-ring, ring:", "restore, checkpoint:"])
            Assert.Contains(part, lines);
        Assert.Equal(5, lines.Count(line => line == "Phase                    Pages  Time"));
        Assert.Contains(lines, line => line.StartsWith("  write faults             256  0.0", StringComparison.Ordinal));
    }

    [Fact]
    public void An_interrupted_run_says_so()
    {
        CommandRun run = CommandRun.Of(Tests, new CancellationToken(canceled: true));

        Assert.Equal(
            (ExitCode.Failed, "kvmsharp perf: interrupted; the results are not complete\n"), (run.ExitCode, run.Error));
    }
}
