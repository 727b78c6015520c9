using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Lab.Results;
using Xunit;

namespace KvmSharp.Cli.Tests.Perf;

/// <summary>The whole command, measuring for real.</summary>
public class PerfRunTests
{
    [Fact]
    public void Json_on_the_standard_output_is_all_there_is_and_follows_the_schema()
    {
        CommandRun run = CommandRun.Of("perf --slots 10 --store twin-trees,slot-trie --test move-active,rw --seconds 0.05 --json -");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        using JsonDocument document = JsonDocument.Parse(run.Out);
        JsonElement root = document.RootElement;
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.True(root.GetProperty("complete").GetBoolean());
        Assert.Equal("slot-trie", root.GetProperty("defaultStore").GetString());
        Assert.Equal("view", root.GetProperty("guest").GetString());
        Assert.Equal(
            "kvmsharp perf --slots 10 --store twin-trees,slot-trie --test move-active,rw --seconds 0.05 --json -",
            root.GetProperty("command").GetString());
        JsonElement machine = root.GetProperty("machine");
        Assert.All(
            ["os", "cpu", "runtime", "architecture"], name => Assert.NotEmpty(machine.GetProperty(name).GetString()!));
        Assert.True(machine.GetProperty("cores").GetInt32() > 0);
        Assert.True(machine.GetProperty("memoryBytes").GetInt64() > 0);
        JsonElement[] results = [.. root.GetProperty("results").EnumerateArray()];
        Assert.Equal(
            ["move-active/twin-trees", "rw/twin-trees", "move-active/slot-trie", "rw/slot-trie"],
            results.Select(result => $"{result.GetProperty("test").GetString()}/{result.GetProperty("store").GetString()}"));
        Assert.All(results, result =>
        {
            Assert.Equal(10, result.GetProperty("slots").GetInt32());
            Assert.Equal(131073, result.GetProperty("pages").GetInt32());
            Assert.True(result.GetProperty("secondsPerIteration").GetDouble() > 0);
            Assert.True(result.GetProperty("setupSeconds").GetDouble() > 0);
            Assert.True(result.GetProperty("iterations").GetInt64() > 0);
        });
    }

    [Fact]
    public void A_file_gets_json_beside_the_table()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("kvmsharp").FullName, "results.json");

        CommandRun run = CommandRun.Of($"perf --slots 20 --test map,setup --store slot-trie --seconds 0.01 --verify --json {path}");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Matches(
            @"20 slots in use:\nTest            Time\nMap             0\.\d+s\nSlot setup      0\.\d+s\n(Measured .*\n)*\z", run.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(
            ["map", "setup"],
            document.RootElement.GetProperty("results").EnumerateArray()
                .Select(result => result.GetProperty("test").GetString()!).Order());
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Machine_code_is_measured_in_place_of_the_view()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("kvmsharp").FullName, "results.json");

        CommandRun run = CommandRun.Of(
            $"perf --guest x86 --slots 10 --test map,unmap,unmap-chunked,move-active,move-inactive --store slot-trie --seconds 0.01 --verify --json {path}");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("Store: slot-trie. Guest: x86-64 code on the software CPU. On ", run.Out);
        PerfFile results = Assert.IsType<PerfFile>(ResultFiles.Read(path));
        Assert.Equal("x86", results.Guest);
        Assert.Equal(
            ["map", "move-active", "move-inactive", "unmap", "unmap-chunked"], results.Figures.Select(figure => figure.Test).Order());
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void What_is_not_possible_is_in_the_json_too()
    {
        CommandRun run = CommandRun.Of("perf --slots 2 --test move-active --seconds 0.01 --json -");

        using JsonDocument document = JsonDocument.Parse(run.Out);
        JsonElement obstacle = Assert.Single(document.RootElement.GetProperty("notPossible").EnumerateArray());
        Assert.Equal("move-active", obstacle.GetProperty("test").GetString());
        Assert.Equal(2, obstacle.GetProperty("slots").GetInt32());
        Assert.Equal(
            "there are no 25 pages for the guest to write below the last slot", obstacle.GetProperty("reason").GetString());
    }

    [Fact]
    public void A_store_with_too_few_slots_is_in_the_json_too()
    {
        CommandRun run = CommandRun.Of("perf --slots 8 --store growable-array:4 --test move-active,setup --seconds 0.01 --json -");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        using JsonDocument document = JsonDocument.Parse(run.Out);
        Assert.Empty(document.RootElement.GetProperty("results").EnumerateArray());
        JsonElement[] obstacles = [.. document.RootElement.GetProperty("notPossible").EnumerateArray()];
        Assert.Equal(["move-active", "setup"], obstacles.Select(obstacle => obstacle.GetProperty("test").GetString()!));
        Assert.All(obstacles, obstacle =>
        {
            Assert.Equal("growable-array:4", obstacle.GetProperty("store").GetString());
            Assert.Equal("growable-array:4 takes no more than 4 slots", obstacle.GetProperty("reason").GetString());
        });
    }

    [Fact]
    public void An_interruption_prints_what_is_done_and_fails()
    {
        using var interruption = new CancellationTokenSource();
        interruption.Cancel();

        CommandRun table = CommandRun.Of("perf --slots 10 --test rw", interruption.Token);
        CommandRun json = CommandRun.Of("perf --slots 10 --test rw --json -", interruption.Token);

        Assert.Equal(ExitCode.Failed, table.ExitCode);
        Assert.Equal("kvmsharp perf: interrupted; the results are not complete\n", table.Error);
        Assert.Contains("RW              -", table.Out);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        Assert.False(document.RootElement.GetProperty("complete").GetBoolean());
    }

    sealed class BrokenTest : MapTest
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) => throw new InvalidOperationException("broken");
    }

    [Fact]
    public void A_failure_is_named_with_test_slots_and_store_and_is_in_the_json()
    {
        using var output = new StringWriter();
        PerfOptions options = PerfOptions.Parse("map", "10", "slot-trie", null, "0.01", null) with
        {
            Tests = [new BrokenTest()],
            JsonPath = "-",
        };

        CommandException exception = Assert.Throws<CommandException>(
            () => PerfReport.Run(options, new Terminal(output, TextWriter.Null), default));

        const string Failure = "map with 10 slots in slot-trie: the guest ended with InvalidOperationException: broken";
        Assert.Equal((ExitCode.Failed, "failed: " + Failure), (exception.ExitCode, exception.Message));
        using JsonDocument document = JsonDocument.Parse(output.ToString());
        Assert.False(document.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal(Failure, document.RootElement.GetProperty("failure").GetString());
    }

    [Fact]
    public void Progress_is_drawn_on_the_error_stream_and_wiped_when_somebody_watches()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        PerfOptions options = PerfOptions.Parse("map", "10", "slot-trie", null, "0.01", null);

        PerfReport.Run(options, new Terminal(output, error) { ShowsProgress = true }, default);

        Assert.Contains("0/1 slot-trie: map with 10 slots", error.ToString());
        Assert.EndsWith("\r\u001b[K", error.ToString());
        Assert.DoesNotContain('\u001b', output.ToString());
    }
}
