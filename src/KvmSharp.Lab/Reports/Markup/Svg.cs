using System;
using System.Globalization;
using System.Xml.Linq;

namespace KvmSharp.Lab.Reports.Markup;

/// <summary>Elements of SVG, for pictures inside a page. Lengths are in units of the picture, y downwards.</summary>
static class Svg
{
    internal static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    internal static XElement Element(string name, params object?[] content) => new(Namespace + name, content);

    /// <summary>A picture with a name and a description for those who cannot see it.</summary>
    /// <param name="id">Unique in the page.</param>
    /// <param name="width">Units across.</param>
    /// <param name="height">Units down.</param>
    /// <param name="title">Its name.</param>
    /// <param name="description">What it shows.</param>
    /// <param name="content">What is drawn, back to front.</param>
    internal static XElement Picture(
        string id, double width, double height, string title, string description, params object?[] content) => Element("svg",
        new XAttribute("viewBox", $"0 0 {Number(width)} {Number(height)}"),
        new XAttribute("role", "img"),
        new XAttribute("aria-labelledby", $"{id}-title {id}-text"),
        Element("title", Html.Id($"{id}-title"), title),
        Element("desc", Html.Id($"{id}-text"), description),
        content);

    internal static XElement Rectangle(
        double x, double y, double width, double height, string classes, params object?[] content) => Element("rect",
        At("x", x), At("y", y), At("width", width), At("height", height), Html.Class(classes), content);

    internal static XElement Line(double x1, double y1, double x2, double y2, string classes) =>
        Element("line", At("x1", x1), At("y1", y1), At("x2", x2), At("y2", y2), Html.Class(classes));

    internal static XElement Path(string commands, string classes, params object?[] content) =>
        Element("path", new XAttribute("d", commands), Html.Class(classes), content);

    /// <summary>A line of text.</summary>
    /// <param name="x">Where it begins, ends or has its middle, by the class's anchor.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="classes">Classes: <c>end</c> and <c>middle</c> set the anchor.</param>
    /// <param name="text">The text.</param>
    internal static XElement Text(double x, double y, string classes, string text) =>
        Element("text", At("x", x), At("y", y), Html.Class(classes), text);

    internal static XElement Tip(string text) => Element("title", text);

    /// <summary>A length as attributes and paths take it: hundredths are as fine as anybody sees.</summary>
    internal static string Number(double value) =>
        Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    static XAttribute At(string name, double value) => new(name, Number(value));
}
