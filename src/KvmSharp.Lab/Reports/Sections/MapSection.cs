using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Lab.Reports.Markup;
using KvmSharp.Lab.Results;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Reports.Sections;

/// <summary>A machine's guest-physical address space: its slots, what the second stage maps of them, what was written.</summary>
static class MapSection
{
    static readonly (PageLevel Level, string Name)[] _levels =
        [(PageLevel.Page4K, "4 KiB"), (PageLevel.Page2M, "2 MiB"), (PageLevel.Page1G, "1 GiB")];

    internal static PageSection Create(AddressSpaceSnapshot snapshot) => new("map", "A guest-physical address space",
        Html.Element("p",
            $"A machine that this report has just run: {snapshot.Slots.Count} slots, of which the second stage maps what the ",
            $"vCPU has touched, in {Quantity.FormatBytes(snapshot.TableBytes)} of tables. Where writes are logged it maps ",
            "pages of 4 KiB, elsewhere the largest leaf that fits. Each panel is drawn to its own scale; a colour is the ",
            "weaker the less of a row it covers."),
        Html.Element("ul", Html.Class("legend"),
            _levels.Select(level => Key($"leaf {AddressSpaceMap.ClassOf(level.Level)}", $"mapped by {level.Name}")),
            Key("dirty", "written since logging began"),
            Key("back", "not mapped, or clean")),
        Html.Element("div", Html.Class("map"),
            Html.Element("figure", Html.Class("card"), new AddressSpaceMap("map-picture", snapshot).Draw()),
            Html.Table("The slots and their leaves",
                Html.Element("thead", Html.Element("tr",
                    Html.Column("slot"), Html.Column("from"), Html.NumberColumn("size"),
                    _levels.Select(level => Html.NumberColumn(level.Name)),
                    Html.NumberColumn("dirty"))),
                Html.Element("tbody", snapshot.Slots.Select(Row)))));

    static XElement Row(SlotSnapshot slot) => Html.Element("tr",
        Html.Row(slot.Name, AddressSpaceMap.Words(slot) is { Length: > 0 } words ? Html.Element("small", words) : null),
        Html.Element("td", Html.Element("code", AddressSpaceMap.Address(slot.Frames.Start.Base.Value))),
        Html.Number(AddressSpaceMap.Size(slot.Frames)),
        _levels.Select(level => Html.Number(Count(slot.CountLeaves(level.Level)))),
        Html.Number((slot.Flags & SlotFlags.LogDirty) != 0 ? Count((long)slot.DirtyPages) : "–"));

    static XElement Count(long count) => Html.Data(count, count.ToString("#,0", CultureInfo.InvariantCulture));

    static XElement Key(string classes, string text) => Html.Element("li",
        Svg.Element("svg",
            new XAttribute("viewBox", "0 0 14 12"), Html.Class("key"), new XAttribute("aria-hidden", "true"),
            Svg.Rectangle(1, 1, 12, 10, classes)),
        text);
}
