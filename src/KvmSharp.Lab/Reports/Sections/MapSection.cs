using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>One machine's guest-physical address space: its slots, what the second stage maps of them, what was written.</summary>
static class MapSection
{
    static readonly (PageLevel Level, string Name)[] _levels =
        [(PageLevel.Page4K, "4 KiB"), (PageLevel.Page2M, "2 MiB"), (PageLevel.Page1G, "1 GiB")];

    internal static PageSection Create(AddressSpaceSnapshot snapshot) => new("map", "A guest-physical address space",
        Html.Element("p", string.Create(CultureInfo.InvariantCulture,
            $"A machine that this report has just run: {snapshot.Slots.Count} slots, of which the second stage maps what the vCPU has "),
            string.Create(CultureInfo.InvariantCulture,
            $"touched, in {Quantity.FormatBytes(snapshot.TableBytes)} of tables. Where writes are logged it maps pages of 4 KiB, "),
            "elsewhere the largest leaf that fits. Each panel is drawn to its own scale; a colour is the weaker the less of a row it covers."),
        Html.Element("ul", Html.Class("legend"),
            _levels.Select(level => Html.Element("li", Swatch($"leaf {AddressSpaceMap.ClassOf(level.Level)}"), $"mapped by {level.Name}")),
            Html.Element("li", Swatch("dirty"), "written since logging began"),
            Html.Element("li", Swatch("back"), "not mapped, or clean")),
        Html.Element("div", Html.Class("map"),
            Html.Element("figure", Html.Class("card"), new AddressSpaceMap("map-picture", snapshot).Draw()),
            Html.Table("The slots and their leaves",
                Html.Element("thead", Html.Element("tr",
                    Html.Column("slot"), Html.Column("from"), Html.Column(Html.Class("number"), "size"),
                    _levels.Select(level => Html.Column(Html.Class("number"), level.Name)),
                    Html.Column(Html.Class("number"), "dirty"))),
                Html.Element("tbody", snapshot.Slots.Select(Row)))));

    static XElement Row(SlotSnapshot slot) => Html.Element("tr",
        Html.Row(slot.Name, AddressSpaceMap.Words(slot) is { Length: > 0 } words ? Html.Element("small", words) : null),
        Html.Element("td", Html.Element("code", AddressSpaceMap.Address(slot.Frames.Start.Base.Value))),
        Html.Element("td", Html.Class("number"), AddressSpaceMap.Size(slot.Frames)),
        _levels.Select(level => Count((ulong)slot.CountLeaves(level.Level))),
        (slot.Flags & SlotFlags.LogDirty) != 0 ? Count(slot.DirtyPages) : Html.Element("td", Html.Class("number"), "–"));

    static XElement Count(ulong count) => Html.Element("td", Html.Class("number"), Html.Element("data",
        new XAttribute("value", count.ToString(CultureInfo.InvariantCulture)), count.ToString("#,0", CultureInfo.InvariantCulture)));

    static XElement Swatch(string classes) => Svg.Element("svg",
        new XAttribute("viewBox", "0 0 14 12"), Html.Class("key"), new XAttribute("aria-hidden", "true"),
        Svg.Rectangle(1, 1, 12, 10, classes));
}
