using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Lab.Reports.Markup;

namespace KvmSharp.Lab.Reports.Charts;

/// <summary>Lines on logarithmic axes, each with its name where it ends.</summary>
/// <param name="id">Unique in the page.</param>
/// <param name="title">What is shown.</param>
/// <param name="across">What the x axis counts.</param>
/// <param name="tick">A round value of the y axis as text.</param>
/// <param name="series">The lines.</param>
sealed class LineChart(string id, string title, string across, Func<double, string> tick, IReadOnlyList<Series> series)
{
    const double Width = 392;
    const double Height = 252;
    const double Left = 50;
    const double Right = Width - 108;
    const double Top = 12;
    const double Bottom = Height - 40;
    const double LabelHeight = 13;
    const double LabelIndent = 12;

    // An x label needs so much for each digit.
    const double DigitWidth = 6.4;

    readonly LogAxis _x = LogAxis.Exact(Points(series).Select(point => point.X), Left + 8, Right - 8);
    readonly LogAxis _y = LogAxis.Round(
        Points(series).SelectMany(point => (double[])[point.Low, point.Y, point.High]), Bottom, Top);

    internal XElement Draw() => Svg.Picture(
        id, Width, Height, title, Describe(),
        Grid(), XLabels(), series.OrderBy(line => line.IsEmphasised).Select(DrawLine), Labels());

    static IEnumerable<ChartPoint> Points(IReadOnlyList<Series> series) => series.SelectMany(line => line.Points);

    string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"A line chart with logarithmic axes: {across} across, cost up. {string.Join(" ", series.Select(DescribeLine))}");

    static string DescribeLine(Series line) => line.Points.Count == 1
        ? $"{line.Points[0].Tip}."
        : $"{line.Points[0].Tip}, and {line.Points[^1].Tip}.";

    IEnumerable<XElement> Grid()
    {
        foreach (double value in _y.Ticks())
        {
            double y = _y.Place(value);
            yield return Svg.Line(Left, y, Right, y, "grid");
            yield return Svg.Text(Left - 6, y + 3.5, "end", tick(value));
        }
        if (_y.HasZero)
        {
            yield return Svg.Line(Left, Bottom, Right, Bottom, "grid zero");
            yield return Svg.Text(Left - 6, Bottom + 3.5, "end", "0");
        }
    }

    // Only counts that were measured are marked, as many as there is room for; the last before the others.
    IEnumerable<XElement> XLabels()
    {
        double[] counts = [.. Points(series).Select(point => point.X).Distinct().Order()];
        var taken = new List<(double From, double To)>();
        foreach (double count in counts.Reverse())
        {
            string text = AxisText.Count(count);
            double x = _x.Place(count), half = text.Length * DigitWidth / 2;
            yield return Svg.Line(x, Bottom + 4, x, Bottom + 8, "tick");
            if (taken.Any(other => x - half < other.To + 4 && x + half > other.From - 4))
                continue;
            taken.Add((x - half, x + half));
            yield return Svg.Text(x, Bottom + 20, "middle", text);
        }
        yield return Svg.Text((Left + Right) / 2, Height - 5, "middle axis", across);
    }

    XElement DrawLine(Series line)
    {
        string color = SeriesStyle.ColorClass(line.Style);
        IEnumerable<string> steps = line.Points.Select((point, index) =>
            $"{(index == 0 ? 'M' : 'L')}{Svg.Number(_x.Place(point.X))} {Svg.Number(_y.Place(point.Y))}");
        return Svg.Element("g",
            Svg.Path(string.Concat(steps), line.IsEmphasised ? $"line main {color}" : $"line {color}"),
            line.Points.Where(point => point.High > point.Low).Select(point => ErrorBar(point, color)),
            line.Points.Select(point => SeriesStyle.Mark(line.Style, _x.Place(point.X), _y.Place(point.Y), point.Tip)));
    }

    XElement ErrorBar(ChartPoint point, string color)
    {
        const double HalfCap = 3;
        string x = Svg.Number(_x.Place(point.X));
        string left = Svg.Number(_x.Place(point.X) - HalfCap), right = Svg.Number(_x.Place(point.X) + HalfCap);
        string low = Svg.Number(_y.Place(point.Low)), high = Svg.Number(_y.Place(point.High));
        return Svg.Path($"M{left} {low}H{right}M{x} {low}V{high}M{left} {high}H{right}", $"error {color}");
    }

    IEnumerable<XElement> Labels()
    {
        Series[] lines = [.. series.Where(line => line.Points.Count > 0)];
        double[] ends = [.. lines.Select(line => _y.Place(line.Points[^1].Y))];
        double[] places = LabelStack.Spread(ends, LabelHeight, Top + 2, Bottom);
        for (int index = 0; index < lines.Length; index++)
        {
            Series line = lines[index];
            double x = _x.Place(line.Points[^1].X);
            string color = SeriesStyle.ColorClass(line.Style);
            double at = Right + LabelIndent;
            yield return Svg.Path(
                $"M{Svg.Number(x + 5)} {Svg.Number(ends[index])}L{Svg.Number(at - 5)} {Svg.Number(places[index])}",
                $"leader {color}");
            yield return SeriesStyle.Mark(line.Style, at, places[index]);
            yield return Svg.Text(at + 8, places[index] + 3.5, line.IsEmphasised ? "label main" : "label", line.Name);
        }
    }
}
