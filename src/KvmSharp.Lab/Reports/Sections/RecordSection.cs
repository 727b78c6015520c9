using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Reports.Record;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>The published table of KVM's scalable memory slots, and the same measured here beside it.</summary>
static class RecordSection
{
    const string Heading = "Before and after, beside the published table";
    const string Missing = "–";

    internal static IEnumerable<PageSection> Create(IEnumerable<PerfFile> files, ResultVocabulary vocabulary)
    {
        PerfFile[] shown = [.. files.Where(file => file.Figures.Count > 0)];
        return shown.Select((file, index) => Create(
            file, vocabulary, $"record-{index + 1}", shown.Length == 1 ? Heading : $"{Heading} ({file.Source})"));
    }

    static PageSection Create(PerfFile file, ResultVocabulary vocabulary, string id, string heading)
    {
        string before = file.Figures.Any(figure => figure.Store == ScalableMemslots.Before)
            ? ScalableMemslots.Before
            : file.BaselineStore;
        string after = file.DefaultStore != before ? file.DefaultStore
            : file.Figures.FirstOrDefault(figure => figure.Store != before)?.Store ?? before;
        int[] counts =
        [
            .. file.Figures.Select(figure => figure.Slots)
                .Concat(file.NotPossible.Select(obstacle => obstacle.Slots)).Distinct().OrderDescending(),
        ];
        return new PageSection(id, heading,
            Html.Element("p", "Published: ", Html.Element("cite", ScalableMemslots.Source),
                ". Measured here, both in one run on one machine: before is ", Html.Element("b", before), ", after is ",
                Html.Element("b", after),
                ". Times are seconds for one iteration; what differs by two per cent or less is no improvement. "
                + "The machines differ, so compare the improvements and how times grow, not the times."),
            counts.Select(slots => Table(file, vocabulary, slots, before, after)),
            Obstacles(file));
    }

    static XElement Table(PerfFile file, ResultVocabulary vocabulary, int slots, string before, string after) => Html.Table(
        $"{slots} slots in use",
        Html.Element("thead",
            Html.Element("tr", Html.Element("td"), Group("published"), Group("measured here")),
            Html.Element("tr", Html.Column("Test"), Columns(), Columns())),
        Html.Element("tbody", vocabulary.Tests.Select(test => Row(file, test, slots, before, after))));

    static XElement Group(string heading) => Html.Element("th",
        new XAttribute("colspan", "3"), new XAttribute("scope", "colgroup"), Html.Class("group"), heading);

    static IEnumerable<XElement> Columns() => ((string[])["Before", "After", "Improvement"])
        .Select((name, column) => Html.Column(Html.Class(column == 0 ? "number group" : "number"), name));

    static XElement? Row(PerfFile file, PerfTestName test, int asked, string before, string after)
    {
        int slots = SlotsOf(file, test.Name, asked);
        PerfFigure? old = file.Find(test.Name, slots, before);
        PerfFigure? @new = file.Find(test.Name, slots, after);
        PublishedRow? published = ScalableMemslots.Find(test.Name, slots);
        if (old is null && @new is null)
            return null;
        return Html.Element("tr",
            Html.Row(slots == asked ? test.Title : $"{test.Title} ({slots})"),
            Cell(published?.Before, "number group"), Cell(published?.After), Cell(published?.Improvement),
            Cell(Time(old), "number group"), Cell(Time(@new)), Improvement(old, @new));
    }

    // A test whose memory has too few pages for the slots asked for is run with the most that it can have.
    static int SlotsOf(PerfFile file, string test, int asked)
    {
        bool ranWithFewer = file.NotPossible.Any(obstacle =>
            obstacle.Test == test && obstacle.Slots == asked && obstacle.Store is null);
        return !ranWithFewer ? asked : file.Figures
            .Where(figure => figure.Test == test && figure.Slots <= asked)
            .Select(figure => figure.Slots).DefaultIfEmpty(asked).Max();
    }

    static XElement? Time(PerfFigure? figure) => figure is null ? null
        : Html.Data(figure.SecondsPerIteration, Duration.Format(figure.SecondsPerIteration));

    static XElement Improvement(PerfFigure? before, PerfFigure? after)
    {
        if (before is null || after is null || before == after)
            return Cell(null);
        int percent = Duration.Improvement(before.SecondsPerIteration, after.SecondsPerIteration);
        string sign = percent switch { > 0 => "number better", < 0 => "number worse", _ => "number" };
        return Cell(Duration.FormatImprovement(percent).Trim(), sign);
    }

    static XElement Cell(object? content, string classes = "number") =>
        Html.Element("td", Html.Class(classes), content ?? Missing);

    static XElement? Obstacles(PerfFile file) => file.NotPossible.Count == 0 ? null : Html.Element("ul", Html.Class("notes"),
        file.NotPossible.Select(obstacle => Html.Element("li",
            $"{obstacle.Test} with {obstacle.Slots} slots{(obstacle.Store is { } store ? $" in {store}" : "")}: ",
            $"{obstacle.Reason}.")));
}
