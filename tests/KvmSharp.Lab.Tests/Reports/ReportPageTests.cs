using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using KvmSharp.Lab.Tests.Results;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class ReportPageTests
{
    static readonly XNamespace _html = "http://www.w3.org/1999/xhtml";
    static readonly XNamespace _svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void The_page_is_html_to_a_browser_and_xml_to_everything_else()
    {
        string page = SampleReport.Write(SampleReport.Content(SampleResults.WholePerf(), SampleResults.WholeScale()));

        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">", page, StringComparison.Ordinal);
        XElement root = SampleReport.Parse(page);
        Assert.All(root.Descendants(), element => Assert.True(
            element.Name.Namespace == (element.AncestorsAndSelf(_svg + "svg").Any() ? _svg : _html), element.Name.ToString()));
        // In HTML only elements that never have content may end where they begin.
        Assert.Equal(
            ["link", "meta"],
            root.Descendants().Where(element => element.IsEmpty && element.Name.Namespace == _html)
                .Select(element => element.Name.LocalName).Distinct().Order());
        // A browser reads style sheets as they stand, XML reads them as text: what either would change may not be in them.
        Assert.DoesNotContain(root.Descendants(_html + "style").Single().Value, character => character is '<' or '>' or '&');
    }

    [Fact]
    public void The_phases_of_dirty_logging_are_a_table_and_checkpoints_a_chart()
    {
        XElement root = SampleReport.Compose(SampleResults.DirtyPerf());

        XElement phases = root.Descendants(_html + "section").Single(section => section.Attribute("id")!.Value == "phases-1");
        Assert.Contains("2 × 64 MiB in 2 slots, 50 % of the pages written.", phases.Value, StringComparison.Ordinal);
        XElement table = phases.Descendants(_html + "table").First();
        Assert.Equal(["phase", "bitmap", "manual"], table.Descendants(_html + "thead").Single().Descendants(_html + "th").Select(cell => cell.Value));
        XElement clear = table.Descendants(_html + "tr").Single(row => row.Element(_html + "th")!.Value == "clear");
        Assert.Equal(["–", "2.00 ms1.00 ms – 4.00 ms16,384 pages"], clear.Elements(_html + "td").Select(cell => cell.Value));
        Assert.Equal("0.002", clear.Descendants(_html + "data").Single().Attribute("value")!.Value);
        Assert.Contains("250 ms300 times", phases.Value, StringComparison.Ordinal);
        XElement checkpoints = root.Descendants(_html + "section").Single(section => section.Attribute("id")!.Value == "costs-1");
        Assert.Equal(["restore"], checkpoints.Descendants(_html + "figure").Where(card => card.Descendants(_svg + "svg").Any(picture => picture.Attribute("role") is not null))
            .Select(card => card.Descendants(_html + "h3").Single().Nodes().OfType<XText>().Single().Value));
    }

    [Fact]
    public void The_page_needs_nothing_else()
    {
        XElement root = SampleReport.Compose(SampleResults.WholePerf(), SampleResults.WholeScale());

        Assert.Empty(root.Descendants(_html + "script"));
        Assert.DoesNotContain(root.Descendants().Attributes(), attribute =>
            attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name.LocalName is "src" or "style");
        Assert.All(root.Descendants().Attributes("href"), link =>
            Assert.True(link.Value.StartsWith('#') || link.Value == "data:,", link.Value));
        Assert.DoesNotContain("url(", root.Descendants(_html + "style").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_are_unique_and_whatever_is_referred_to_is_there()
    {
        XElement root = SampleReport.Compose(
            SampleResults.WholePerf(), SampleResults.DirtyPerf(), SampleResults.DirtyPerf(), SampleResults.WholeScale(), SampleResults.WholeScale());

        string[] ids = [.. root.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Distinct(), ids);
        IEnumerable<string> referred = root.Descendants().Attributes("href").Where(link => link.Value.StartsWith('#'))
            .Select(link => link.Value[1..])
            .Concat(root.Descendants().Attributes("aria-labelledby").SelectMany(names => names.Value.Split(' ')));
        Assert.Empty(referred.Except(ids));
        Assert.NotEmpty(referred);
    }

    [Fact]
    public void The_figures_are_those_of_the_documents()
    {
        JsonObject perf = SampleResults.WholePerf(), scale = SampleResults.WholeScale();
        XElement root = SampleReport.Compose(perf, scale);

        double[] shown = [.. root.Descendants(_html + "figure").SelectMany(figure => figure.Descendants(_html + "data")).Select(Value)];
        double[] written =
        [
            .. Rows(perf).Select(row => (double)row["secondsPerIteration"]!),
            .. Rows(scale).Select(row => (double?)row["nanoseconds"]).OfType<double>(),
            .. Rows(scale).Select(row => (double?)row["bytes"]).OfType<double>(),
        ];
        Assert.Equal(written.Order(), shown.Order());
    }

    [Fact]
    public void What_is_read_is_the_figure_rounded()
    {
        XElement root = SampleReport.Compose(SampleResults.WholeScale());

        XElement table = root.Descendants(_html + "figure").Single(figure =>
            figure.Descendants(_html + "h3").FirstOrDefault()?.FirstNode is XText { Value: "find" }).Descendants(_html + "table").Single();
        XElement row = table.Descendants(_html + "tr").Single(row => row.Element(_html + "th")?.Value == "10");
        Assert.Equal(
            ["6.83 ns6.76 – 6.89 ns", "32.5 ns32.2 – 32.8 ns"],
            row.Elements(_html + "td").Take(2).Select(cell => cell.Value));
        Assert.Equal(
            ["drawers", "heap"], table.Descendants(_html + "th").Skip(1).Take(2).Select(heading => heading.Value));
    }

    [Fact]
    public void The_recorded_table_stands_beside_the_measured_one()
    {
        XElement root = SampleReport.Compose(SampleResults.WholePerf());

        XElement table = root.Descendants(_html + "table")
            .Single(table => table.Element(_html + "caption")!.Value == "32764 slots in use");
        Dictionary<string, string[]> rows = table.Element(_html + "tbody")!.Elements(_html + "tr").ToDictionary(
            row => row.Element(_html + "th")!.Value,
            row => row.Elements(_html + "td").Select(cell => cell.Value).ToArray());
        // Before is the sorted array, 0.0123 s × 5 letters × 33.764; after is the default, 0.00456 s × 5 letters × 33.764.
        Assert.Equal(["3.88s", "0.0351s", "99%", "2.08s", "0.770s", "63%"], rows["Unmap"]);
        Assert.Equal(["0.200s", "0.0541s", "73%", "1.25s", "0.462s", "63%"], rows["Map (8194)"]);
    }

    [Fact]
    public void A_design_that_beats_the_default_is_named_with_where_it_does()
    {
        XElement root = SampleReport.Compose(SampleResults.WholeScale());

        string[] leads =
        [
            .. root.Descendants(_html + "details").Single(details => details.Attribute("class")?.Value == "leads")
                .Descendants(_html + "tbody").Elements(_html + "tr")
                .Select(row => string.Join(" | ", row.Elements().Select(cell => cell.Value))),
        ];
        Assert.Equal(
            [
                "find | heap | folders: 1 | 2.01 × at 1 | 3.25 ns | 6.53 ns",
                "file | heap | folders: 1 | 2.01 × at 1 | 71.5 ns | 144 ns",
                "bytes | heap | folders: 1, 10, 100 | ∞ × at 1 | 0 B | 152 B",
            ],
            leads);
        XElement summary = root.Descendants(_html + "section").Single(section => section.Attribute("id")?.Value == "leads");
        Assert.Equal(
            "Filing cabinets: what finding a folder costs – drawers is beaten at 5 of 9 points: by heap at 5.",
            summary.Descendants(_html + "li").Single().Value);
    }

    [Fact]
    public void Machine_runtime_commit_and_commands_stand_at_the_top()
    {
        XElement root = SampleReport.Compose(SampleResults.WholePerf(), SampleResults.WholeScale());

        string head = root.Descendants(_html + "header").Single().Value;
        foreach (string fact in (string[])["2 × Test CPU", "8 GiB", "x64", "Test OS 1.0", ".NET 10.0.0",
            "0123456789abcdef0123456789abcdef01234567", "kvmsharp perf --seconds 1", "kvmsharp scale cabinets",
            "kvmsharp report sample.json", "21 November 2026, 13:14 UTC"])
        {
            Assert.Contains(fact, head, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("different machines", head, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_of_different_machines_are_told_apart()
    {
        JsonObject other = SampleResults.WholeScale();
        other["machine"]!["cpu"] = "Another CPU";
        other["complete"] = false;

        string head = SampleReport.Compose(SampleResults.WholePerf(), other).Descendants(_html + "header").Single().Value;

        Assert.Contains("different machines", head, StringComparison.Ordinal);
        Assert.Contains("2 × Another CPU", head, StringComparison.Ordinal);
        Assert.Contains("Not complete: sample.json", head, StringComparison.Ordinal);
    }

    [Fact]
    public void Variants_of_an_operation_have_charts_of_their_own()
    {
        JsonObject plain = SampleResults.ScaleRow("find", "heap", 10, 2), shuffled = SampleResults.ScaleRow("find", "heap", 10, 3);
        shuffled["shuffled"] = true;
        shuffled["threads"] = 2;
        shuffled["note"] = "1,000 lookups only";

        XElement root = SampleReport.Compose(SampleResults.Scale(plain, shuffled));

        Assert.Equal(
            ["findtime", "find, 2 threads, shuffledtime"], root.Descendants(_html + "h3").Select(heading => heading.Value));
        Assert.Contains(root.Descendants(_html + "li"), note => note.Value == "heap at 10: 1,000 lookups only");
    }

    [Fact]
    public void Runs_of_the_same_are_named_after_their_files()
    {
        string[] headings = [.. SampleReport.Compose(SampleResults.WholePerf(), SampleResults.WholePerf(), SampleResults.WholeScale())
            .Descendants(_html + "h2").Select(heading => heading.Value)];

        Assert.Equal(4, headings.Count(heading => heading.EndsWith(" (sample.json)", StringComparison.Ordinal)));
        Assert.Contains("Filing cabinets: what finding a folder costs", headings);
    }

    [Fact]
    public void What_was_varied_most_is_the_axis()
    {
        JsonObject[] rows = [.. ((int[])[1, 8, 64]).Select(set =>
        {
            JsonObject row = SampleResults.ScaleRow("find", "heap", 100, null);
            row["set"] = set;
            row["comparisons"] = set * 3;
            return row;
        })];

        XElement root = SampleReport.Compose(SampleResults.Scale(rows));

        XElement figure = root.Descendants(_html + "figure").First();
        Assert.Equal("find, 100 folderscomparisons", figure.Descendants(_html + "h3").Single().Value);
        Assert.Equal(["1", "8", "64"], figure.Descendants(_html + "tbody").Single().Descendants(_html + "th").Select(row => row.Value));
        Assert.Equal([3.0, 24, 192], figure.Descendants(_html + "data").Select(Value));
        Assert.Contains("members of the set", figure.Descendants(_svg + "text").Select(text => text.Value));
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("]]><!-- &amp; &lt;/style> ' onload='x")]
    [InlineData("</title></svg></style>")]
    [InlineData("a\u0000b\u0008c\uffff")]
    public void Hostile_strings_stay_text(string hostile)
    {
        JsonObject[] harmless = WithStrings("harmless"), documents = WithStrings(hostile);

        // The same elements as with harmless strings, and the string itself as text where XML can hold it.
        Assert.Equal(Count(harmless), Count(documents));
        string text = SampleReport.Compose(documents).Value;
        string expected = string.Concat(hostile.Select(character => character is < ' ' or '\uffff' ? '\ufffd' : character));
        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_without_figures_or_map_is_still_a_page()
    {
        XElement root = SampleReport.Parse(SampleReport.Write(
            SampleReport.Content(SampleResults.Perf(), SampleResults.Scale()) with { Map = null }));

        Assert.Empty(root.Descendants(_svg + "svg"));
        Assert.Equal(["published", "reading"], root.Descendants(_html + "section").Select(section => section.Attribute("id")!.Value));
    }

    // Every string that need not be a name that the program knows.
    static JsonObject[] WithStrings(string text)
    {
        JsonObject perf = SampleResults.WholePerf(), scale = SampleResults.WholeScale();
        foreach (JsonObject document in (JsonObject[])[perf, scale])
        {
            document["command"] = text;
            foreach (string member in (string[])["os", "cpu", "architecture", "runtime", "commit"])
                document["machine"]![member] = text;
        }
        perf["notPossible"]![0]!["reason"] = text;
        foreach (string member in (string[])["source", "what", "unit", "note"])
            scale["published"]![0]![member] = text;
        scale["results"]![0]!["note"] = text;
        return [perf, scale];
    }

    static (int Elements, int Attributes) Count(JsonObject[] documents)
    {
        XElement root = SampleReport.Compose(documents);
        return (root.DescendantsAndSelf().Count(), root.DescendantsAndSelf().Attributes().Count());
    }

    static IEnumerable<JsonNode> Rows(JsonObject document) => document["results"]!.AsArray().Select(row => row!);

    static double Value(XElement data) => double.Parse(data.Attribute("value")!.Value, CultureInfo.InvariantCulture);
}
