using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Xunit;

namespace KvmSharp.Cli.Tests.Scale;

public sealed class ScaleCommandTests : IDisposable
{
    const string Short = "--operation lookup-random --slots 1,8 --seconds 0.002";

    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-scale-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("scale slots --store x", "kvmsharp scale slots: unknown store \"x\"; known are ")]
    [InlineData("scale slots --operation x", "kvmsharp scale slots: unknown operation \"x\"; known are lookup-random")]
    [InlineData("scale slots --slots 0", "kvmsharp scale slots: --slots \"0\" is not a number from 1 to 32764")]
    [InlineData("scale slots --slots 32765", "kvmsharp scale slots: --slots \"32765\" is not a number from 1 to 32764")]
    [InlineData("scale slots --slots 1,,2", "kvmsharp scale slots: --slots \"1,,2\" has an empty entry")]
    [InlineData("scale slots --seconds 0", "kvmsharp scale slots: --seconds \"0\" is not a number above 0")]
    [InlineData("scale slots --json /no/such/folder/x", "kvmsharp scale slots: cannot write \"/no/such/folder/x\"")]
    [InlineData("scale vcpus --store x", "kvmsharp scale vcpus: unknown store \"x\"; known are fixed-512, ")]
    [InlineData("scale vcpus --vcpus 65537", "kvmsharp scale vcpus: --vcpus \"65537\" is not a number from 1 to 65536")]
    [InlineData("scale vp-index --vcpus 4097", "kvmsharp scale vp-index: --vcpus \"4097\" is not a number from 1 to 4096")]
    [InlineData("scale vp-index --design x", "kvmsharp scale vp-index: unknown design \"x\"; known are identity-scan")]
    [InlineData("scale nothing", "kvmsharp scale: unexpected argument \"nothing\"")]
    public void A_wrong_use_is_one_line_and_exit_code_2(string commandLine, string expected)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.StartsWith(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
        Assert.Empty(run.Out);
    }

    [Fact]
    public void Scale_alone_names_its_subjects()
    {
        CommandRun run = CommandRun.Of("scale");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("kvmsharp scale <command> [options]", run.Out);
        Assert.Contains("slots", run.Out);
    }

    [Fact]
    public void A_table_has_a_row_for_each_count_and_a_column_for_each_design()
    {
        CommandRun run = CommandRun.Of($"scale slots {Short}");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        string[] lines = run.Out.Split('\n');
        int title = Array.FindIndex(lines, line => line.StartsWith("lookup-random: ", StringComparison.Ordinal));
        Assert.Equal(
            ["slots", .. SlotStores.All.Select(store => store.Name)],
            lines[title + 1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("  1 ", lines[title + 2], StringComparison.Ordinal);
        Assert.StartsWith("  8 ", lines[title + 3], StringComparison.Ordinal);
        Assert.Equal(lines[title + 1].Length, lines[title + 2].Length);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void A_count_that_a_store_cannot_keep_is_left_out_of_its_column()
    {
        CommandRun run = CommandRun.Of("scale vcpus --operation bytes --store fixed-512,sized --vcpus 512,600 --seconds 0.001");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        string[] lines = run.Out.Split('\n');
        int title = Array.FindIndex(lines, line => line.StartsWith("bytes: ", StringComparison.Ordinal));
        string[] row = lines[title + 3].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(("600", "-"), (row[0], row[1]));
        Assert.EndsWith("B", row[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_a_row_for_each_case_and_marks_the_default()
    {
        string path = Path.Combine(_folder, "scale.json");

        CommandRun run = CommandRun.Of($"scale slots {Short} --json {path}");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(1, document.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(
            $"kvmsharp scale slots {Short} --json {path}", document.RootElement.GetProperty("command").GetString());
        JsonElement[] rows = [.. document.RootElement.GetProperty("results").EnumerateArray()];
        Assert.Equal(2 * SlotStores.All.Count, rows.Length);
        foreach (JsonElement row in rows)
        {
            Assert.Equal("slots", row.GetProperty("subject").GetString());
            Assert.Equal(
                row.GetProperty("design").GetString() == SlotStores.Default.Name, row.GetProperty("default").GetBoolean());
            double time = row.GetProperty("nanoseconds").GetDouble();
            Assert.InRange(time, row.GetProperty("lowNanoseconds").GetDouble(), row.GetProperty("highNanoseconds").GetDouble());
        }
    }

    [Fact]
    public void An_interrupted_run_prints_what_is_done()
    {
        using var interruption = new CancellationTokenSource();
        interruption.Cancel();

        CommandRun run = CommandRun.Of($"scale slots {Short} --json -", interruption.Token);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Equal("kvmsharp scale slots: interrupted; the results are not complete\n", run.Error);
        using JsonDocument document = JsonDocument.Parse(run.Out);
        Assert.False(document.RootElement.GetProperty("complete").GetBoolean());
    }

    [Fact]
    public void Comparisons_stand_in_the_table_and_in_the_json()
    {
        string path = Path.Combine(_folder, "vp.json");

        CommandRun run = CommandRun.Of($"scale vp-index --operation comparisons --vcpus 8 --json {path}");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("comparisons: ", run.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement row = document.RootElement.GetProperty("results").EnumerateArray().Single(row =>
            row.GetProperty("design").GetString() == "identity-scan"
            && row.GetProperty("shuffled").GetBoolean()
            && row.GetProperty("set").GetInt32() == 8);
        Assert.Equal(64, row.GetProperty("comparisons").GetInt64());
        Assert.False(row.TryGetProperty("bytes", out _));
    }
}
