using KvmSharp.Addresses;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Tests;
using Xunit;

namespace KvmSharp.Cli.Tests.Perf;

public class ArenaLayoutTests
{
    const ulong MapPages = 8193;
    const ulong UnmapPages = 32769;

    [Theory]
    [InlineData(2, DefaultMemory.Pages, 1, 131073, 131073)]
    [InlineData(10, DefaultMemory.Pages, 9, 14563, 14569)]
    [InlineData(509, DefaultMemory.Pages, 508, 258, 267)]
    [InlineData(8194, DefaultMemory.Pages, 8193, 15, 8193)]
    [InlineData(32764, DefaultMemory.Pages, 32763, 4, 25)]
    [InlineData(8194, MapPages, 8193, 1, 1)]
    [InlineData(8195, MapPages, 8194, 0, 8193)]
    [InlineData(32764, UnmapPages, 32763, 1, 7)]
    public void Pages_are_shared_out_and_the_last_slot_takes_the_rest(
        int cap, ulong pages, int slots, ulong perSlot, ulong last)
    {
        var layout = new ArenaLayout(cap, pages);

        Assert.Equal((slots, perSlot, last), (layout.SlotCount, layout.PagesPerSlot, layout.LastSlotPages));
    }

    [Fact]
    public void Tests_have_the_memory_of_the_record()
    {
        Assert.Equal(131073UL, DefaultMemory.Pages);
        Assert.Equal(MapPages, new MapTest().Pages);
        Assert.Equal(UnmapPages, new UnmapTest().Pages);
        Assert.Equal(UnmapPages, new UnmapChunkedTest().Pages);
        Assert.Equal(DefaultMemory.Pages, new MoveActiveTest().Pages);
        Assert.Equal(DefaultMemory.Pages, new MoveInactiveTest().Pages);
        Assert.Equal(DefaultMemory.Pages, new ReadWriteTest().Pages);
    }

    [Fact]
    public void Slots_follow_one_another_from_the_fixed_address()
    {
        var layout = new ArenaLayout(5, 22);

        Assert.Equal(new Gpa(0x1000_0000), ArenaLayout.Start);
        Assert.Equal(new Gpa(0x1001_6000), layout.End);
        Assert.Equal((15UL, 7UL), (layout.LastSlotPage, layout.PagesOf(3)));
        Assert.Equal((0, 0, 1, 2, 3, 3), (layout.SlotOf(0), layout.SlotOf(4), layout.SlotOf(5), layout.SlotOf(14),
            layout.SlotOf(15), layout.SlotOf(21)));
    }

    [Fact]
    public void Map_stops_at_its_number_of_pages_and_says_so()
    {
        PerfCase @case = PerfCase.Of(new MapTest(), 32764);

        Assert.Equal((8194, null), (@case.Slots, @case.WhyImpossible));
        Assert.Equal(
            new PerfObstacle(
                "map", 32764,
                "8193 pages are too few for 32763 slots; it is run with 8194, the most it can have"),
            @case.Obstacle);
    }

    [Theory]
    [InlineData(2, "there are no 25 pages for the guest to write below the last slot")]
    [InlineData(8193, "the last slot has 17 of the 25 pages that the guest writes in it")]
    [InlineData(16385, "the last slot has 9 of the 25 pages that the guest writes in it")]
    [InlineData(3, null)]
    [InlineData(32764, null)]
    public void A_slot_in_use_is_moved_only_if_it_has_the_pages(int slots, string? reason) =>
        Assert.Equal(reason, PerfCase.Of(new MoveActiveTest(), slots).WhyImpossible);

    [Theory]
    [InlineData(2, "there are no 50 pages for the guest to write below the last slot")]
    [InlineData(8193, null)]
    public void A_slot_that_is_not_in_use_may_be_small(int slots, string? reason) =>
        Assert.Equal(reason, PerfCase.Of(new MoveInactiveTest(), slots).WhyImpossible);
}
