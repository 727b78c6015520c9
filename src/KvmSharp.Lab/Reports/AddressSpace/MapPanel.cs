using System;
using System.Collections.Generic;
using System.Linq;

namespace KvmSharp.Lab.Reports.AddressSpace;

/// <summary>A part of the address space that is drawn to one scale; between two the axis breaks.</summary>
/// <param name="Slots">Its slots, by ascending address; at least one.</param>
sealed record MapPanel(IReadOnlyList<SlotSnapshot> Slots)
{
    // The smallest slot of a panel gets at least a row of text.
    const double RowHeight = 15;
    const double LeastHeight = 46;
    const double MostHeight = 190;
    const double HeightPerDoubling = 13;
    const ulong FirstDoubling = 64UL << 10;

    // More between two slots than this share of their panel is nothing but emptiness.
    const double MostEmptiness = 0.6;

    /// <summary>The first address.</summary>
    internal ulong Start => Slots[0].Frames.Start.Base.Value;

    /// <summary>The address after the last.</summary>
    internal ulong End => Slots[^1].Frames.End.Base.Value;

    internal ulong Length => End - Start;

    /// <summary>How tall it is drawn: taller the more it spans, and so tall that its smallest slot can be read.</summary>
    internal double Height => Math.Clamp(
        Math.Max(HeightPerDoubling * Math.Log2(Length / (double)FirstDoubling), RowHeight * Length / Smallest),
        LeastHeight, MostHeight);

    double Smallest => Slots.Min(slot => (double)BytesOf(slot));

    /// <summary>Cuts the address space where the axis has to break: at wide holes, and where the scale has to change.</summary>
    internal static IReadOnlyList<MapPanel> Cut(IReadOnlyList<SlotSnapshot> slots)
    {
        var panels = new List<MapPanel>();
        foreach (SlotSnapshot slot in slots)
        {
            if (panels.Count > 0 && new MapPanel([.. panels[^1].Slots, slot]) is var wider && wider.IsLegible(panels[^1]))
                panels[^1] = wider;
            else
                panels.Add(new MapPanel([slot]));
        }
        return panels;
    }

    /// <summary>Where an address lies, of the panel's height.</summary>
    internal double Place(ulong address, double height) => height * (address - Start) / Length;

    /// <summary>A length worth a scale bar: a power of two between an eighth and a quarter of the panel.</summary>
    internal ulong ScaleBar => 1UL << ((int)Math.Floor(Math.Log2(Length)) - 2);

    bool IsLegible(MapPanel narrower) =>
        RowHeight * Length / Smallest <= MostHeight
        && Slots[^1].Frames.Start.Base.Value - narrower.End <= MostEmptiness * Length;

    static ulong BytesOf(SlotSnapshot slot) => slot.Frames.End.Base.Value - slot.Frames.Start.Base.Value;
}
