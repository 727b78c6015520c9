using System.Globalization;
using System.Xml.Linq;

namespace KvmSharp.Lab.Reports.Markup;

/// <summary>
/// Elements of HTML as a tree: text and attribute values are data until the document is written, so nothing that stands in
/// them can become markup.
/// </summary>
static class Html
{
    internal static readonly XNamespace Namespace = "http://www.w3.org/1999/xhtml";

    /// <summary>An element.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Attributes, elements, texts, and sequences of them; null is nothing.</param>
    internal static XElement Element(string name, params object?[] content) => new(Namespace + name, content);

    internal static XAttribute Class(string names) => new("class", names);

    internal static XAttribute Id(string id) => new("id", id);

    /// <summary>A table that scrolls in a box of its own where the page is too narrow for it.</summary>
    /// <param name="caption">What it shows; also what the box is called to those who cannot see it.</param>
    /// <param name="content">Its rows, in groups.</param>
    internal static XElement Table(string caption, params object?[] content) => Element("div",
        Class("scroll"), new XAttribute("role", "region"), new XAttribute("aria-label", caption), new XAttribute("tabindex", "0"),
        Element("table", Element("caption", caption), content));

    /// <summary>The heading of a column.</summary>
    internal static XElement Column(params object?[] content) => Element("th", new XAttribute("scope", "col"), content);

    /// <summary>The heading of a column of figures.</summary>
    internal static XElement NumberColumn(string heading) => Column(Class("number"), heading);

    /// <summary>A cell with a figure.</summary>
    internal static XElement Number(params object?[] content) => Element("td", Class("number"), content);

    /// <summary>A figure as people read it, and as programs do.</summary>
    /// <param name="value">Every digit of it.</param>
    /// <param name="text">The digits that count.</param>
    internal static XElement Data(double value, string text) =>
        Element("data", new XAttribute("value", value.ToString("R", CultureInfo.InvariantCulture)), text);

    /// <summary>The heading of a row.</summary>
    internal static XElement Row(params object?[] content) => Element("th", new XAttribute("scope", "row"), content);
}
