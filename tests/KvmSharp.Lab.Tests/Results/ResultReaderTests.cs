using System;
using System.Linq;
using System.Text.Json.Nodes;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Scale;
using Xunit;

namespace KvmSharp.Lab.Tests.Results;

public class ResultReaderTests
{
    [Fact]
    public void Results_of_perf_are_read_as_they_are()
    {
        var file = (PerfFile)Read(SampleResults.Perf(SampleResults.PerfRow("unmap", 509, "twin-trees", 0.0315, 12)));

        Assert.Equal(("sample", "kvmsharp perf --seconds 1", true), (file.Source, file.Command, file.IsComplete));
        Assert.Equal(("slot-trie", "twin-trees", 1.0, 1), (file.DefaultStore, file.BaselineStore, file.SecondsPerTest, file.Runs));
        Assert.Equal([new PerfFigure("unmap", 509, "twin-trees", 0.0315, 12)], file.Figures);
        Assert.Equal([new PerfImpossibility("map", 32764, "8193 pages are too few")], file.NotPossible);
        Assert.Equal(
            new MachineDescription(
                "Test OS 1.0", "Test CPU", 2, "x64", ".NET 10.0.0", 8L << 30, "0123456789abcdef0123456789abcdef01234567"),
            file.Machine);
    }

    [Theory]
    [InlineData(null, "view")]
    [InlineData("x86", "x86")]
    public void What_ran_the_guests_is_the_first_kind_where_results_do_not_say(string? written, string read)
    {
        JsonObject document = SampleResults.Perf();
        if (written is not null)
            document["guest"] = written;

        Assert.Equal(read, ((PerfFile)Read(document)).Guest);
    }

    [Fact]
    public void Results_of_scale_are_read_as_they_are()
    {
        JsonObject row = SampleResults.ScaleRow("find", "heap", 10, 200, 64);
        row["shuffled"] = true;
        row["set"] = 4;
        row["dirty"] = 7;
        row["threads"] = 2;
        row["note"] = "fewer operations";

        var file = (ScaleFile)Read(SampleResults.Scale(row));

        Assert.Equal(
            [
                new ScaleFigure(
                    "cabinets", "find", "heap", 10, new ScaleVariant(true, 4, 7, 2),
                    new ScaleMeasure(200, 198, 202, 100, 64, "fewer operations"), false),
            ],
            file.Figures);
        Assert.Equal([new PublishedFigure("1923, on cabinets", "an empty cabinet", "bytes", 2456, 1072.5)], file.Published);
    }

    [Fact]
    public void No_text_can_command_a_terminal()
    {
        JsonObject document = SampleResults.Perf();
        document["command"] = "a\u001b[2Jb\nc\u009bd";

        Assert.Equal("a\ufffd[2Jb\ufffdc\ufffdd", Read(document).Command);
    }

    [Fact]
    public void A_store_may_have_a_bound_of_its_own()
    {
        JsonObject document = SampleResults.Perf(SampleResults.PerfRow("unmap", 10, "sorted-array:509", 1));
        document["notPossible"]![0]!["store"] = "sorted-array:509";

        var file = (PerfFile)Read(document);

        Assert.Equal("sorted-array:509", file.Figures[0].Store);
        Assert.Equal("sorted-array:509", file.NotPossible[0].Store);
    }

    [Fact]
    public void What_older_files_do_not_say_is_not_asked_for()
    {
        JsonObject older = SampleResults.Perf();
        older.Remove("command");
        older["machine"]!.AsObject().Remove("commit");

        ResultFile file = Read(older);

        Assert.Null(file.Command);
        Assert.Null(file.Machine.Commit);
    }

    [Theory]
    [InlineData("", "not JSON: line 1, byte 1")]
    [InlineData("{\n  \"schema\": 1,\n  oops", "not JSON: line 3, byte 3")]
    [InlineData("[]", "the document is array, not an object")]
    [InlineData("{}", "schema is missing")]
    [InlineData("{\"schema\":2}", "schema 2 is not one that this program reads; it reads 1")]
    [InlineData("{\"schema\":\"1\"}", "schema is \"1\", not a whole number from 1")]
    [InlineData("{\"schema\":1}", "neither results of perf nor of scale: secondsPerTest, phases and secondsPerCase are missing")]
    [InlineData("{\"schema\":1,\"phases\":[]}", "machine is missing")]
    public void What_is_no_result_file_is_told_in_one_line(string json, string message) =>
        Assert.Equal(message, Refusal(() => SampleResults.Reader.Read("sample", json)));

    [Fact]
    public void A_phase_that_comes_several_times_is_one_figure_and_restores_differ_by_their_pages()
    {
        var file = (DirtyPerfFile)Read(SampleResults.DirtyPerf());

        Assert.Equal((32768, 2, 0.5), (file.Load.Pages, file.Load.Slots, file.Load.WriteFraction));
        DirtyPhaseFigure clear = Assert.Single(file.Phases, phase => phase is { Mode: "manual", Phase: "clear" });
        Assert.Equal(new Estimate(2e6, 1e6, 4e6, Estimate.TimeTolerance), clear.Estimate);
        Assert.Equal([1L, 100L], file.Phases.Where(phase => phase.Phase == "restore").Select(phase => phase.Pages!.Value));
        Assert.Equal(new DirtyStallFigure("manual", "write faults", 300, 0.25), Assert.Single(file.Stalls));
    }

    [Fact]
    public void A_phase_without_a_time_is_refused()
    {
        JsonObject document = SampleResults.DirtyPerf();
        document["phases"]![0]!["seconds"] = 0;

        Assert.Equal("phases[0].seconds is 0, not a number above 0", Refusal(() => Read(document)));
    }

    [Theory]
    [InlineData("store", "\"nothing\"", "results[0].store: unknown store \"nothing\"; known are sorted-array, twin-trees, slot-trie")]
    [InlineData("store", "\"nothing:5\"", "results[0].store: unknown store \"nothing:5\"; known are sorted-array, twin-trees, slot-trie")]
    [InlineData("store", "\"slot-trie:\"", "results[0].store: unknown store \"slot-trie:\"; known are sorted-array, twin-trees, slot-trie")]
    [InlineData("store", null, "results[0].store is missing")]
    [InlineData("store", "7", "results[0].store is 7, not a text")]
    [InlineData("test", "\"x\\ny\"", "results[0].test: unknown test \"x\ufffdy\"; known are map, unmap, move-active, setup")]
    [InlineData("slots", "1", "results[0].slots is 1, not a whole number from 2 to 32764")]
    [InlineData("slots", "32765", "results[0].slots is 32765, not a whole number from 2 to 32764")]
    [InlineData("slots", "10.5", "results[0].slots is 10.5, not a whole number from 2 to 32764")]
    [InlineData("slots", "1e99", "results[0].slots is 1e99, not a whole number from 2 to 32764")]
    [InlineData("secondsPerIteration", "0", "results[0].secondsPerIteration is 0, not a number above 0")]
    [InlineData("secondsPerIteration", "-1", "results[0].secondsPerIteration is -1, not a number from 0")]
    [InlineData("secondsPerIteration", "1e999", "results[0].secondsPerIteration is 1e999, not a number from 0")]
    [InlineData("secondsPerIteration", "[]", "results[0].secondsPerIteration is array, not a number from 0")]
    [InlineData("iterations", "0", "results[0].iterations is 0, not a whole number from 1")]
    public void A_wrong_row_of_perf_is_told_with_its_place(string member, string? value, string message) =>
        AssertRefused(SampleResults.Perf(SampleResults.PerfRow("unmap", 10, "slot-trie", 1)), member, value, message);

    [Theory]
    [InlineData("subject", "\"cupboards\"", "results[0].subject: unknown subject \"cupboards\"; known are cabinets")]
    [InlineData("operation", "\"lose\"", "results[0].operation: unknown operation \"lose\"; known are find, file, bytes")]
    [InlineData("design", "\"pile\"", "results[0].design: unknown cabinet \"pile\"; known are drawers, heap, shelf, growable-shelf, rolling-rack, trunk")]
    [InlineData("design", null, "results[0].design is missing")]
    [InlineData("count", "0", "results[0].count is 0, not a whole number from 1 to 1000")]
    [InlineData("count", "1001", "results[0].count is 1001, not a whole number from 1 to 1000")]
    [InlineData("nanoseconds", null, "results[0].nanoseconds is missing")]
    [InlineData("lowNanoseconds", "3", "results[0].lowNanoseconds is more than the median")]
    [InlineData("highNanoseconds", "1", "results[0].highNanoseconds is less than the median")]
    [InlineData("threads", "0", "results[0].threads is 0, not a whole number from 1 to 2147483647")]
    [InlineData("shuffled", "1", "results[0].shuffled is 1, not true or false")]
    [InlineData("default", null, "results[0].default is missing")]
    public void A_wrong_row_of_scale_is_told_with_its_place(string member, string? value, string message) =>
        AssertRefused(SampleResults.Scale(SampleResults.ScaleRow("find", "heap", 10, 2)), member, value, message);

    [Fact]
    public void Two_rows_of_the_same_are_refused()
    {
        JsonObject row = SampleResults.PerfRow("unmap", 10, "slot-trie", 1);

        Assert.Equal(
            "results has two rows of unmap with 10 slots in slot-trie",
            Refusal(() => Read(SampleResults.Perf(row, row.DeepClone().AsObject()))));
    }

    [Fact]
    public void Every_member_that_is_asked_for_is_missed_by_its_name()
    {
        foreach (Func<JsonObject> document in (Func<JsonObject>[])[SampleResults.WholePerf, SampleResults.WholeScale])
        {
            foreach (string name in document().Select(member => member.Key).Except(["command"]))
            {
                JsonObject without = document();
                without.Remove(name);

                Assert.Contains(name, Refusal(() => Read(without)), StringComparison.Ordinal);
            }
        }
    }

    static ResultFile Read(JsonObject document) => SampleResults.Reader.Read("sample", document.ToJsonString());

    static void AssertRefused(JsonObject document, string member, string? value, string message)
    {
        JsonObject row = document["results"]![0]!.AsObject();
        row.Remove(member);
        string json = document.ToJsonString();
        if (value is not null)
        {
            const string Begin = "\"results\":[{";
            json = json.Replace(Begin, $"{Begin}\"{member}\":{value},", StringComparison.Ordinal);
        }

        Assert.Equal(message, Refusal(() => SampleResults.Reader.Read("sample", json)));
    }

    static string Refusal(Action read)
    {
        string message = Assert.Throws<ResultFormatException>(read).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
