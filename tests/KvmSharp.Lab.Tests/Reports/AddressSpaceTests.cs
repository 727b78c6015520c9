using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Reports.AddressSpace;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

public class AddressSpaceTests
{
    const ulong MiB = 1UL << 20;

    [Fact]
    public void The_demonstration_has_leaves_of_every_size_and_dirty_pages()
    {
        AddressSpaceSnapshot map = SampleReport.Map;

        Assert.Equal(7, map.Slots.Count);
        Assert.Equal(map.Slots.OrderBy(slot => slot.Frames.Start), map.Slots);
        Assert.Equal(1, Slot("RAM below 4 GiB").CountLeaves(PageLevel.Page1G));
        Assert.Equal(96, Slot("RAM below 4 GiB").CountLeaves(PageLevel.Page4K));
        Assert.Equal(16, Slot("low RAM").CountLeaves(PageLevel.Page4K));
        Assert.Equal(48, Slot("device memory").CountLeaves(PageLevel.Page2M));
        // The window is 480 lines, a page each; nothing else is written there.
        Assert.Equal(480UL, Slot("framebuffer").DirtyPages);
        Assert.Equal([new GfnRange(new Gfn((0xFD00_0000 + (3 * MiB)) >> Page.Shift), 480)], Slot("framebuffer").Dirty);
        Assert.Empty(Slot("low RAM").Dirty);
    }

    [Fact]
    public void Where_writes_are_logged_what_is_dirty_is_mapped_by_small_pages()
    {
        SlotSnapshot logged = Slot("RAM above 4 GiB");

        Assert.Equal(0, logged.CountLeaves(PageLevel.Page2M) + logged.CountLeaves(PageLevel.Page1G));
        // 3,072 written in a row, 4,096 only read, and up to 700 more that were drawn at random, some of them twice.
        Assert.InRange(logged.DirtyPages, 3072UL + 600, 3072UL + 700);
        Assert.Equal((long)logged.DirtyPages + 4096, logged.CountLeaves(PageLevel.Page4K));
        Assert.All(logged.Dirty, run => Assert.Contains(logged.Leaves, leaves =>
            leaves.Frames.Intersect(run) == run));
    }

    [Fact]
    public void Two_demonstrations_are_the_same()
    {
        using var again = DemonstrationMachine.Run();

        AddressSpaceSnapshot map = again.Snapshot();

        Assert.Equal(SampleReport.Map.Slots.Select(Describe), map.Slots.Select(Describe));
        static string Describe(SlotSnapshot slot) => string.Join(' ',
            slot.Name, slot.Frames, slot.Flags, string.Join(',', slot.Leaves), string.Join(',', slot.Dirty));
    }

    [Fact]
    public void The_axis_breaks_at_wide_holes_and_where_the_scale_must_change()
    {
        IReadOnlyList<MapPanel> panels = MapPanel.Cut(SampleReport.Map.Slots);

        Assert.Equal(
            ["low RAM+BIOS shadow", "RAM below 4 GiB", "framebuffer+flash", "RAM above 4 GiB", "device memory"],
            panels.Select(panel => string.Join('+', panel.Slots.Select(slot => slot.Name))));
    }

    [Fact]
    public void A_panel_is_to_scale()
    {
        MapPanel panel = MapPanel.Cut([At(100 * MiB, 100), At(200 * MiB, 50), At(300 * MiB, 100)]).Single();

        Assert.Equal([0.0, 100, 150, 300], ((ulong[])[100, 200, 250, 400]).Select(mib => panel.Place(mib * MiB, 300)));
        Assert.Equal(64 * MiB, panel.ScaleBar);
        Assert.InRange(panel.Height * 50 / 300, 14.9, panel.Height);
    }

    [Fact]
    public void A_row_is_as_strong_as_the_share_of_it_that_is_covered()
    {
        var rows = new CoverageRows(new GfnRange(new Gfn(1000), 400), 50, 4);

        double[] shares = rows.Shares([new GfnRange(new Gfn(1000), 100), new GfnRange(new Gfn(1150), 100), new GfnRange(new Gfn(900), 50)]);

        Assert.Equal([1, 0.5, 0.5, 0], shares);
        Assert.Equal(
            ["dirty share5", "dirty share4"],
            rows.Draw([new GfnRange(new Gfn(1000), 100), new GfnRange(new Gfn(1150), 100)], 0, 10, "dirty")
                .Select(mark => mark.Attribute("class")!.Value));
        Assert.Equal("dirty share1", Assert.Single(rows.Draw([new GfnRange(new Gfn(1399), 1)], 0, 10, "dirty")).Attribute("class")!.Value);
    }

    static SlotSnapshot Slot(string name) => SampleReport.Map.Slots.Single(slot => slot.Name == name);

    static SlotSnapshot At(ulong address, ulong mebibytes) => new(
        "slot", new GfnRange(new Gfn(address >> Page.Shift), mebibytes * MiB >> Page.Shift), SlotFlags.None, [], []);
}
