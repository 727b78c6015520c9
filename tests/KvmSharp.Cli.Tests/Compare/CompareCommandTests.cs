using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace KvmSharp.Cli.Tests.Compare;

public sealed class CompareCommandTests : IDisposable
{
    const string Store = "twin-trees";

    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-compare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0.0010, 0.0010, "1 row: 1 unchanged. Times are 1.00 × what they were, on the geometric mean.")]
    [InlineData(0.0010, 0.00104, "1 row: 1 unchanged. Times are 1.04 × what they were, on the geometric mean.")]
    [InlineData(0.0010, 0.0020, "1 row: 1 slower. Times are 2.00 × what they were, on the geometric mean.")]
    [InlineData(0.0020, 0.0005, "1 row: 1 faster. Times are 0.25 × what they were, on the geometric mean.")]
    public void The_summary_tells_changes_from_noise(double before, double after, string summary)
    {
        CommandRun run = Compare(PerfResults.With(Store, 10, before), PerfResults.With(Store, 10, after));

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal(summary, run.Out.TrimEnd().Split('\n')[^1]);
    }

    [Fact]
    public void What_has_changed_is_shown_and_the_rest_if_asked_for()
    {
        CommandRun changed = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.002));
        CommandRun unchanged = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.001));
        CommandRun all = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.001), "--all");

        Assert.Contains("  unmap     10  twin-trees  1.00 ms  2.00 ms  2.00  slower\n", changed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("unmap ", unchanged.Out, StringComparison.Ordinal);
        Assert.Contains("1.00  unchanged\n", all.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Phases_of_dirty_logging_are_compared_when_they_logged_the_same()
    {
        CommandRun slower = Compare(Phases(0.001, vcpus: 1), Phases(0.004, vcpus: 1));
        CommandRun other = Compare(Phases(0.001, vcpus: 1), Phases(0.001, vcpus: 2));

        Assert.Contains("  clear    256  manual  1.00 ms  4.00 ms  4.00  slower\n", slower.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongUse, other.ExitCode);
        Assert.EndsWith(" are of different memory, slots, vCPUs or written pages\n", other.Error, StringComparison.Ordinal);
    }

    static string Phases(double seconds, int vcpus) => string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "schema": 1, "complete": true,
          "machine": { "os": "OS", "cpu": "CPU", "cores": 2, "architecture": "x64", "runtime": ".NET", "memoryBytes": 1 },
          "megabytesPerVcpu": 1, "slots": 1, "vcpus": {{vcpus}}, "writeFraction": 1,
          "phases": [
            { "test": "dirty-log", "mode": "manual", "phase": "clear", "iteration": 1, "pages": 256, "seconds": {{seconds}} },
            { "test": "dirty-log", "mode": "manual", "phase": "clear", "iteration": 2, "pages": 256, "seconds": {{seconds}} }
          ],
          "stalls": []
        }
        """);

    [Fact]
    public void Rows_of_one_run_alone_are_named()
    {
        CommandRun run = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 20, 0.001));

        Assert.Contains("  unmap     10  twin-trees  1.00 ms        -    -  only in A\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("  unmap     20  twin-trees        -  1.00 ms    -  only in B\n", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("\n2 rows: 1 only in A, 1 only in B.\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_machines_are_pointed_out()
    {
        CommandRun run = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.001, "another CPU"));

        Assert.Contains("The machines differ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slower_row_fails_where_that_is_asked_for()
    {
        CommandRun slower = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.002), "--fail-on-slower");
        CommandRun faster = Compare(PerfResults.With(Store, 10, 0.002), PerfResults.With(Store, 10, 0.001), "--fail-on-slower");

        Assert.Equal((ExitCode.Failed, "kvmsharp compare: 1 of 1 rows are slower or larger\n"), (slower.ExitCode, slower.Error));
        Assert.Equal(ExitCode.Success, faster.ExitCode);
    }

    [Fact]
    public void Json_has_every_row()
    {
        CommandRun run = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With(Store, 10, 0.002), "--json -");

        using JsonDocument document = JsonDocument.Parse(run.Out);
        JsonElement root = document.RootElement, row = root.GetProperty("rows")[0];
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.True(root.GetProperty("sameMachine").GetBoolean());
        Assert.Equal(Path.Combine(_folder, "a.json"), root.GetProperty("a").GetProperty("source").GetString());
        Assert.Equal(
            ("unmap", 10, Store, "nanoseconds", 1e6, 2e6, 2.0, "slower"),
            (row.GetProperty("what").GetString(), row.GetProperty("count").GetInt32(), row.GetProperty("design").GetString(),
                row.GetProperty("unit").GetString(), row.GetProperty("a").GetDouble(), row.GetProperty("b").GetDouble(),
                row.GetProperty("ratio").GetDouble(), row.GetProperty("verdict").GetString()));
    }

    [Fact]
    public void Runs_of_scale_are_compared_row_by_row()
    {
        string path = Path.Combine(_folder, "scale.json");
        CommandRun.Of($"scale slots --operation lookup-random --store twin-trees,slot-trie --slots 1,8 --seconds 0.002 --json {path}");

        CommandRun run = CommandRun.Of($"compare {path} {path}");

        Assert.EndsWith("\n4 rows: 4 unchanged. Times are 1.00 × what they were, on the geometric mean.\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_of_different_kinds_cannot_be_compared()
    {
        string scale = Path.Combine(_folder, "scale.json"), perf = Path.Combine(_folder, "perf.json");
        CommandRun.Of($"scale slots --operation lookup-random --store slot-trie --slots 1 --seconds 0.001 --json {scale}");
        File.WriteAllText(perf, PerfResults.With(Store, 10, 0.001));

        AssertWrongUse(CommandRun.Of($"compare {perf} {scale}"), $"kvmsharp compare: {perf} is of perf, {scale} of scale");
    }

    [Theory]
    [InlineData("compare", "kvmsharp compare: required argument missing for command: 'compare'")]
    [InlineData("compare --nonsense x", "kvmsharp compare: there is no option --nonsense")]
    [InlineData("compare a b c", "kvmsharp compare: unexpected argument \"c\"")]
    [InlineData("compare /no/such/a /no/such/b", "kvmsharp compare: cannot read \"/no/such/a\": ")]
    public void A_wrong_use_is_one_line_and_exit_code_2(string commandLine, string message) =>
        AssertWrongUse(CommandRun.Of(commandLine), message);

    [Fact]
    public void A_wrong_file_is_one_line_with_its_name()
    {
        CommandRun run = Compare(PerfResults.With(Store, 10, 0.001), PerfResults.With("nothing", 10, 0.001), "--json out.json");

        AssertWrongUse(run, $"kvmsharp compare: {Path.Combine(_folder, "b.json")}: results[0].store: unknown store \"nothing\"");
        Assert.False(File.Exists("out.json"));
    }

    CommandRun Compare(string a, string b, string options = "")
    {
        string pathA = Path.Combine(_folder, "a.json"), pathB = Path.Combine(_folder, "b.json");
        File.WriteAllText(pathA, a);
        File.WriteAllText(pathB, b);
        return CommandRun.Of($"compare {pathA} {pathB} {options}");
    }

    static void AssertWrongUse(CommandRun run, string message)
    {
        Assert.Equal((ExitCode.WrongUse, ""), (run.ExitCode, run.Out));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
    }
}
