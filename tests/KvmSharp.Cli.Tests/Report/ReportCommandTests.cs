using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using System.Xml.Linq;
using Xunit;

namespace KvmSharp.Cli.Tests.Report;

public sealed class ReportCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-report-").FullName;

    string Page => Path.Combine(_folder, "report.html");

    string Results => Path.Combine(_folder, "results.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_report_of_what_the_commands_have_written_shows_their_figures()
    {
        string perf = Path.Combine(_folder, "perf.json"), slots = Path.Combine(_folder, "slots.json");
        CommandRun.Of($"perf --slots 10,20 --test map,setup --store sorted-array,slot-trie --seconds 0.01 --json {perf}");
        CommandRun.Of($"scale slots --operation lookup-random --store sorted-array,slot-trie --slots 1,8 --seconds 0.002 --json {slots}");

        CommandRun run = CommandRun.Of($"report {perf} {slots} --output {Page}");

        Assert.Equal((ExitCode.Success, Page + "\n", ""), (run.ExitCode, run.Out, run.Error));
        XElement root = XDocument.Load(Page).Root!;
        string[] shown = [.. root.Descendants().Attributes("value").Select(value => value.Value)];
        foreach (string value in Values(perf, "secondsPerIteration").Concat(Values(slots, "nanoseconds")))
            Assert.Contains(value, shown);
        string text = root.Value;
        Assert.Contains($"kvmsharp perf --slots 10,20 --test map,setup --store sorted-array,slot-trie --seconds 0.01 --json {perf}", text, StringComparison.Ordinal);
        Assert.Contains($"kvmsharp report {perf} {slots} --output {Page}", text, StringComparison.Ordinal);
        Assert.Contains("A guest-physical address space", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_files_it_measures_and_says_how()
    {
        CommandRun run = CommandRun.Of("report --measure slots --slots 1 --seconds 0.0005 --output -");

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        string text = XDocument.Parse(run.Out).Root!.Value;
        Assert.Contains("kvmsharp scale slots --slots 1 --seconds 0.0005 --json scale-slots.json", text, StringComparison.Ordinal);
        Assert.Contains("lookup-random", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_measurement_leaves_the_earlier_page()
    {
        File.WriteAllText(Page, "earlier");
        using var interruption = new CancellationTokenSource();
        interruption.Cancel();

        CommandRun run = CommandRun.Of($"report --measure perf --slots 10 --output {Page}", interruption.Token);

        Assert.Equal(
            (ExitCode.Failed, "", "kvmsharp report: interrupted; nothing was measured\n"), (run.ExitCode, run.Out, run.Error));
        Assert.Equal("earlier", File.ReadAllText(Page));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void An_interruption_shows_what_was_measured_until_then()
    {
        using var interruption = new CancellationTokenSource();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new InterruptingWriter(interruption, "lookup-sequential") { NewLine = "\n" };

        int exitCode = CommandLineProgram.Run(
            ["report", "--measure", "slots", "--slots", "1", "--seconds", "0.0005", "--output", Page],
            new Terminal(output, error) { ShowsProgress = true }, interruption.Token);

        Assert.Equal((ExitCode.Failed, Page + "\n"), (exitCode, output.ToString()));
        Assert.EndsWith(
            "kvmsharp report: interrupted; the page shows what was measured until then\n", error.ToString(), StringComparison.Ordinal);
        string text = XDocument.Load(Page).Root!.Value;
        Assert.Contains("Not complete: scale slots", text, StringComparison.Ordinal);
        Assert.Contains("lookup-random", text, StringComparison.Ordinal);
        Assert.DoesNotContain("lookup-repeated", text, StringComparison.Ordinal);
    }

    // Interrupts when progress mentions something.
    sealed class InterruptingWriter(CancellationTokenSource interruption, string mention) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(mention, StringComparison.Ordinal) == true)
                interruption.Cancel();
        }
    }

    [Theory]
    [InlineData("report --nonsense", "kvmsharp report: there is no option --nonsense")]
    [InlineData("report --measure x", "kvmsharp report: unknown measurement \"x\"; known are perf, phases, slots")]
    [InlineData("report --slots 0", "kvmsharp report: --slots \"0\" is not a number from ")]
    [InlineData("report --seconds x", "kvmsharp report: --seconds \"x\" is not a number above 0")]
    [InlineData("report a.json --slots 10", "kvmsharp report: --measure, --slots and --seconds are for a report without files")]
    [InlineData("report /no/such/file.json", "kvmsharp report: cannot read \"/no/such/file.json\": ")]
    [InlineData("report --measure slots --output /no/such/folder/x", "kvmsharp report: cannot write \"/no/such/folder/x\": ")]
    public void A_wrong_use_is_one_line_and_exit_code_2(string commandLine, string message) =>
        AssertWrongUse(CommandRun.Of(commandLine), message);

    [Theory]
    [InlineData("{", "not JSON: line 1, byte 2")]
    [InlineData("{\"schema\":9}", "schema 9 is not one that this program reads; it reads 1")]
    [InlineData("store", "results[0].store: unknown store \"nothing\"; known are ")]
    [InlineData("slots", "results[0].slots is 40000, not a whole number from 2 to 32764")]
    public void A_wrong_file_is_one_line_and_nothing_is_overwritten(string wrong, string message)
    {
        File.WriteAllText(Page, "earlier");
        File.WriteAllText(Results, wrong switch
        {
            "store" => Perf("nothing", 10),
            "slots" => Perf(SlotStores.Default.Name, 40000),
            _ => wrong,
        });

        AssertWrongUse(CommandRun.Of($"report {Results} --output {Page}"), $"kvmsharp report: {Results}: {message}");

        Assert.Equal("earlier", File.ReadAllText(Page));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    static void AssertWrongUse(CommandRun run, string message)
    {
        Assert.Equal((ExitCode.WrongUse, ""), (run.ExitCode, run.Out));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
    }

    static string[] Values(string path, string member) =>
        [.. JsonNode.Parse(File.ReadAllText(path))!["results"]!.AsArray().Select(row => row![member]!.ToJsonString())];

    static string Perf(string store, int slots) => PerfResults.With(store, slots, 0.001);
}
