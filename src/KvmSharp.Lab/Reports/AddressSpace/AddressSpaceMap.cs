using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Reports.AddressSpace;

/// <summary>Draws an address space: low addresses above, each panel to its own scale, and a break between two.</summary>
sealed class AddressSpaceMap(string id, AddressSpaceSnapshot snapshot)
{
    const double Width = 412;
    const double SlotLeft = 98;
    const double SlotWidth = 118;
    const double MapLeft = 224;
    const double MapWidth = 72;
    const double DirtyLeft = 304;
    const double DirtyWidth = 42;
    const double ScaleLeft = 358;
    const double HeadHeight = 24;
    const double BreakHeight = 34;

    const double TextHeight = 4;

    internal XElement Draw()
    {
        IReadOnlyList<MapPanel> panels = MapPanel.Cut(snapshot.Slots);
        var drawn = new List<XElement>(Head());
        double top = HeadHeight;
        for (int index = 0; index < panels.Count; index++)
        {
            if (index > 0)
            {
                drawn.AddRange(Break(panels[index - 1].End, panels[index].Start, top));
                top += BreakHeight;
            }
            drawn.AddRange(Panel(panels[index], top));
            top += panels[index].Height;
        }
        return Svg.Picture(id, Width, top + 10, "A guest-physical address space", Describe(), drawn);
    }

    string Describe() => string.Join(" ", snapshot.Slots.Select(slot =>
        $"{slot.Name} from {slot.Frames.Start.Base}, {Size(slot.Frames)}."));

    static IEnumerable<XElement> Head() =>
    [
        Svg.Text(SlotLeft - 8, 12, "end axis", "address"),
        Svg.Text(SlotLeft, 12, "axis", "slot"),
        Svg.Text(MapLeft, 12, "axis", "mapped by"),
        Svg.Text(DirtyLeft, 12, "axis", "dirty"),
        Svg.Text(ScaleLeft, 12, "axis", "scale"),
    ];

    static IEnumerable<XElement> Panel(MapPanel panel, double top)
    {
        double height = panel.Height;
        double Y(ulong address) => top + panel.Place(address, height);

        var labels = new List<(double Y, string Text)>();
        foreach (SlotSnapshot slot in panel.Slots)
        {
            ulong start = slot.Frames.Start.Base.Value, end = slot.Frames.End.Base.Value;
            double y = Y(start), tall = Y(end) - y;
            labels.Add((y, Address(start)));
            labels.Add((y + tall, Address(end)));

            string kind = (slot.Flags & SlotFlags.ReadOnly) != 0 ? "slot read-only" : "slot";
            yield return Svg.Rectangle(SlotLeft, y, SlotWidth, tall, kind, Svg.Tip($"{slot.Name}, {Size(slot.Frames)}"));
            yield return Svg.Text(SlotLeft + 6, y + Math.Min((tall / 2) + TextHeight, 16), "name", slot.Name);
            if (tall > 34)
                yield return Svg.Text(SlotLeft + 6, y + 30, "note", Words(slot));

            yield return Svg.Rectangle(MapLeft, y, MapWidth, tall, "back");
            var rows = new CoverageRows(slot.Frames, y, tall);
            // The smallest last, so that no larger neighbour in the same row hides them.
            foreach (IGrouping<PageLevel, LeafRun> runs in
                slot.Leaves.GroupBy(run => run.Level).OrderByDescending(runs => runs.Key))
            {
                foreach (XElement mark in rows.Draw(runs.Select(run => run.Frames), MapLeft, MapWidth, ClassOf(runs.Key)))
                    yield return mark;
            }
            if ((slot.Flags & SlotFlags.LogDirty) == 0)
                continue;
            yield return Svg.Rectangle(DirtyLeft, y, DirtyWidth, tall, "back");
            foreach (XElement mark in rows.Draw(slot.Dirty, DirtyLeft, DirtyWidth, "dirty"))
                yield return mark;
        }
        foreach (XElement label in AddressLabels(labels, top, top + height))
            yield return label;
        foreach (XElement part in ScaleBar(panel, top))
            yield return part;
    }

    // An end that is the next slot's start is written once; where two would cover each other, they give way.
    static IEnumerable<XElement> AddressLabels(List<(double Y, string Text)> labels, double top, double bottom)
    {
        (double Y, string Text)[] distinct = [.. labels.DistinctBy(label => label.Text)];
        double[] places = Charts.LabelStack.Spread([.. distinct.Select(label => label.Y)], 11, top, bottom);
        for (int index = 0; index < distinct.Length; index++)
        {
            yield return Svg.Text(SlotLeft - 8, places[index] + TextHeight, "end address", distinct[index].Text);
            yield return Svg.Line(SlotLeft - 6, places[index], SlotLeft, distinct[index].Y, "tick");
        }
    }

    static IEnumerable<XElement> ScaleBar(MapPanel panel, double top)
    {
        double tall = panel.Height * panel.ScaleBar / panel.Length;
        string path = $"M{Svg.Number(ScaleLeft)} {Svg.Number(top)}h6m-3 0v{Svg.Number(tall)}m-3 0h6";
        yield return Svg.Path(path, "scale");
        yield return Svg.Text(ScaleLeft + 10, top + (tall / 2) + TextHeight, "note", Bytes(panel.ScaleBar));
    }

    // Two short waves across the slots' column, and what they leave out.
    static IEnumerable<XElement> Break(ulong end, ulong start, double top)
    {
        const double Amplitude = 3, Wave = 14, Apart = 5;
        for (int wave = 0; wave < 2; wave++)
        {
            double y = top + (BreakHeight / 2) - (Apart / 2) + (wave * Apart);
            string wavePath = $"q{Svg.Number(Wave / 4)} {-Amplitude} {Wave / 2} 0t{Wave / 2} 0";
            string path = $"M{Svg.Number(SlotLeft)} {Svg.Number(y)}"
                + string.Concat(Enumerable.Repeat(wavePath, (int)(SlotWidth / Wave)));
            yield return Svg.Path(path, "break");
        }
        string text = start == end ? "the scale changes" : $"{Bytes(start - end)} without memory";
        yield return Svg.Text(MapLeft, top + (BreakHeight / 2) + TextHeight, "note", text);
    }

    /// <summary>The class that gives leaves of a size their colour.</summary>
    internal static string ClassOf(PageLevel level) => level switch
    {
        PageLevel.Page4K => "page4k",
        PageLevel.Page2M => "page2m",
        _ => "page1g",
    };

    /// <summary>A slot's size.</summary>
    internal static string Size(GfnRange frames) => Bytes(frames.Count << Page.Shift);

    /// <summary>Flags in words.</summary>
    internal static string Words(SlotSnapshot slot) => slot.Flags switch
    {
        SlotFlags.ReadOnly => "read-only",
        SlotFlags.LogDirty => "writes logged",
        SlotFlags.None => "",
        _ => slot.Flags.ToString(),
    };

    /// <summary>An address as a hexadecimal number.</summary>
    internal static string Address(ulong address) => $"0x{address:X}";

    /// <summary>A size in the greatest binary unit of which it is at least one.</summary>
    internal static string Bytes(ulong bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        int unit = bytes == 0 ? 0 : Math.Min((int)Math.Log2(bytes) / 10, units.Length - 1);
        return $"{bytes / Math.Pow(1024, unit):0.##} {units[unit]}";
    }
}
