using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Charts;
using KvmSharp.Lab.Reports.Costs;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>What each design costs against the count: a chart for each operation, and its figures.</summary>
static class CostSection
{
    internal static PageSection Create(CostTopic topic, int index)
    {
        string id = IdOf(index);
        return new PageSection(id, topic.Title.TrimEnd('.'),
            Html.Element("p", Introduction(topic)),
            Legend(topic),
            LeadTable.Create(topic),
            Html.Element("div", Html.Class("charts"),
                topic.Panels.Select((panel, number) => Card(topic, panel, $"{id}-{number + 1}"))));
    }

    /// <summary>What leads to the section of a topic.</summary>
    internal static string IdOf(int index) => $"costs-{index + 1}";

    static string Introduction(CostTopic topic) => topic.File switch
    {
        PerfFile perf => "Seconds for one iteration of each test while a vCPU uses the memory; "
            + $"{perf.SecondsPerTest} s for each test, best of {perf.Runs}.",
        ScaleFile scale => $"The median of one operation; {scale.SecondsPerCase} s for each case. "
            + "Error bars reach from the first to the third quartile.",
        DirtyPerfFile dirty => $"Of {dirty.Load.Pages} pages of memory. To go back is the median of at least twenty times.",
        _ => "",
    };

    static XElement Legend(CostTopic topic) => Html.Element("ul", Html.Class("legend"),
        topic.Designs.Select((design, style) => Html.Element("li",
            SeriesStyle.Key(style), design, design == topic.DefaultDesign ? Html.Element("em", "default") : null)));

    static XElement Card(CostTopic topic, CostPanel panel, string id)
    {
        XElement table = Table(topic, panel);
        bool isLine = panel.Counts.Count > 1;
        return Html.Element("figure", Html.Class("card"), Html.Id(id),
            Html.Element("figcaption",
                Html.Element("h3", panel.Name, Html.Element("span", Html.Class("unit"), NameOf(panel.Unit))),
                panel.Title.Length == 0 ? null : Html.Element("p", panel.Title)),
            isLine ? Chart(topic, panel, id).Draw() : null,
            Notes(panel),
            isLine ? Html.Element("details", Html.Element("summary", "Figures"), table) : table);
    }

    // Many of them stand aside until they are asked for.
    static XElement? Notes(CostPanel panel)
    {
        const int Few = 3;
        XElement list = Html.Element("ul", Html.Class("notes"), panel.Notes.Select(note => Html.Element("li", note)));
        return panel.Notes.Count switch
        {
            0 => null,
            <= Few => list,
            _ => Html.Element("details", Html.Element("summary", $"{panel.Notes.Count} notes"), list),
        };
    }

    static string NameOf(CostUnit unit) => unit switch
    {
        CostUnit.Nanoseconds => "time",
        CostUnit.Bytes => "bytes",
        _ => "comparisons",
    };

    static LineChart Chart(CostTopic topic, CostPanel panel, string id)
    {
        var lines = new List<Series>();
        for (int style = 0; style < topic.Designs.Count; style++)
        {
            string design = topic.Designs[style];
            ChartPoint[] points =
            [
                .. panel.Figures.Where(figure => figure.Design == design).OrderBy(figure => figure.Count)
                    .Select(figure => Point(panel, figure)),
            ];
            if (points.Length > 0)
                lines.Add(new Series(design, style, design == topic.DefaultDesign, points));
        }
        return new LineChart(
            $"{id}-chart", panel.Name, panel.Counted, AxisText.Of(panel.Unit), lines);
    }

    static ChartPoint Point(CostPanel panel, CostFigure figure)
    {
        string tip = $"{figure.Design}, {figure.Count} {panel.Counted}: {panel.Format(figure.Cost.Value)}";
        return figure.HasQuartiles
            ? new ChartPoint(figure.Count, figure.Cost.Value, figure.Cost.Low, figure.Cost.High,
                $"{tip} ({panel.FormatRange(figure.Cost)})")
            : new ChartPoint(figure.Count, figure.Cost.Value, figure.Cost.Value, figure.Cost.Value, tip);
    }

    static XElement Table(CostTopic topic, CostPanel panel)
    {
        string[] designs = [.. topic.Designs.Where(design => panel.Figures.Any(figure => figure.Design == design))];
        return Html.Table($"{panel.Name}: {NameOf(panel.Unit)} by {panel.Counted}",
            Html.Element("thead", Html.Element("tr", Html.Column(panel.Counted), designs.Select(Html.NumberColumn))),
            Html.Element("tbody", panel.Counts.Select(count => Html.Element("tr",
                Html.Row($"{count}"),
                designs.Select(design => Html.Number(panel.Find(design, count) is { } figure ? Figure(panel, figure) : "–"))))));
    }

    static IEnumerable<XElement> Figure(CostPanel panel, CostFigure figure)
    {
        yield return Html.Data(figure.Written, panel.Format(figure.Cost.Value));
        string? range = figure.HasQuartiles ? panel.FormatRange(figure.Cost) : figure.Basis;
        if (range is not null)
            yield return Html.Element("small", range);
    }
}
