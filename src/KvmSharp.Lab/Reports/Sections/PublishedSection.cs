using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>Published figures that follow from sizes, and what they come to here.</summary>
static class PublishedSection
{
    internal static IEnumerable<PageSection> Create(IEnumerable<ScaleFile> files)
    {
        PublishedFigure[] figures = [.. files.SelectMany(file => file.Published).Distinct()];
        if (figures.Length == 0)
            yield break;
        yield return new PageSection("published", "Published figures that follow from sizes",
            Html.Element("p", "What proposals worked out on paper, worked out again from the types in use here."),
            Html.Table("Published figures and what they come to here",
                Html.Element("thead", Html.Element("tr",
                    Html.Column("source"), Html.Column("what"), Html.NumberColumn("published"), Html.NumberColumn("here"))),
                Html.Element("tbody", figures.Select(Row))));
    }

    static XElement Row(PublishedFigure figure) => Html.Element("tr",
        Html.Row(Html.Class("text"), figure.Source),
        Html.Element("td", Html.Class("text"), figure.What, figure.Note is { } note ? Html.Element("small", note) : null),
        Cell(figure.Published, figure.Unit),
        Cell(figure.Computed, figure.Unit));

    static XElement Cell(double? value, string unit) => Html.Number(value is { } known
        ? Html.Data(known, $"{known.ToString("#,0.##", CultureInfo.InvariantCulture)} {unit}")
        : "–");
}
