using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>
/// Colours and marks by which lines are told apart: the marks alone are enough, for those who see no colours. When the colours
/// are used up they begin again, with broken lines and other, hollow marks.
/// </summary>
static class SeriesStyle
{
    const int Colors = 8;

    // Of the marks, a second round begins with this one.
    const int SecondMark = 3;

    // Outlines around the origin, of about the same weight to the eye.
    static readonly string[] _outlines =
    [
        "M-3.4 0A3.4 3.4 0 1 0 3.4 0A3.4 3.4 0 1 0 -3.4 0Z",
        "M-3 -3H3V3H-3Z",
        "M0 -3.9L3.8 2.9H-3.8Z",
        "M0 -4.3L4.3 0L0 4.3L-4.3 0Z",
        "M0 3.9L3.8 -2.9H-3.8Z",
        "M-1.3 -3.8H1.3V-1.3H3.8V1.3H1.3V3.8H-1.3V1.3H-3.8V-1.3H-1.3Z",
        "M-2.2 -3.6H2.2L3.9 0L2.2 3.6H-2.2L-3.9 0Z",
        "M-3.8 -3.8L0 -1.6L3.8 -3.8L1.6 0L3.8 3.8L0 1.6L-3.8 3.8L-1.6 0Z",
    ];

    /// <summary>The classes that give everything inside it the style's colour.</summary>
    internal static string ColorClass(int style) => style < Colors ? $"s{style}" : $"s{style % Colors} second";

    /// <summary>The mark at a place.</summary>
    internal static XElement Mark(int style, double x, double y, string? tip = null) => Svg.Path(
        _outlines[(style + (style < Colors ? 0 : SecondMark)) % _outlines.Length],
        $"mark {ColorClass(style)}",
        new XAttribute("transform", $"translate({Svg.Number(x)} {Svg.Number(y)})"),
        tip is null ? null : Svg.Tip(tip));

    /// <summary>A small picture of a line with its mark, for a legend.</summary>
    internal static XElement Key(int style) => Svg.Element("svg",
        new XAttribute("viewBox", "0 0 26 12"), Html.Class("key"), new XAttribute("aria-hidden", "true"),
        Svg.Line(1, 6, 25, 6, $"line {ColorClass(style)}"), Mark(style, 13, 6));
}
