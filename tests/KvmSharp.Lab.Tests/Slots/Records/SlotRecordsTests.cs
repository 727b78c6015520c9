using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots.Records;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Lab.Tests.Slots.Records;

/// <summary>The sizes in the proposals come out of the structures they were counted for.</summary>
public sealed class SlotRecordsTests
{
    [Theory]
    [InlineData("32 + 4 slots, indices, bitmap", 2456)]
    [InlineData("128 + 4 slots, indices, bitmap", 9000)]
    [InlineData("128 + 4 compact slots, indices, bitmap", 7680)]
    [InlineData("124 + 4 compact slots, indices, bitmap", 7440)]
    [InlineData("a PCI bus full of assigned devices", 2048)]
    public void The_figures_of_2012_are_reached(string what, double published)
    {
        PublishedFigure figure = Assert.Single(SlotRecords.Figures(), figure => figure.What == what);

        Assert.Equal(published, figure.Published);
        Assert.Equal(published, figure.Computed);
    }

    [Fact]
    public void The_structures_have_the_sizes_that_were_counted()
    {
        Assert.Equal(64, LayoutSize.Of<Slot2012>());
        Assert.Equal(56, LayoutSize.Of<CompactSlot2012>());
        Assert.Equal(88, LayoutSize.Of<ArraySlot2021>());
        Assert.Equal(264, LayoutSize.Of<TreeSlot2021>());
        Assert.Equal(1072, Assert.Single(SlotRecords.Figures(), figure => figure.What == "an empty set of trees").Computed);
    }

    [Theory]
    [InlineData(1, 65640, 2408, 4552)]
    [InlineData(10, 66432, 4784, 6928)]
    [InlineData(32, 68368, 10592, 12736)]
    [InlineData(509, 110344, 136520, 138664)]
    [InlineData(8194, 786624, 2165360, 2167504)]
    [InlineData(32764, 2948784, 8651840, 8653984)]
    public void The_sets_of_2021_have_their_sizes(int count, long array, long oneSpace, long twoSpaces)
    {
        Assert.Equal(array, SlotRecords.ArraySet(count));
        Assert.Equal(oneSpace, SlotRecords.Trees(count, spaces: 1));
        Assert.Equal(twoSpaces, SlotRecords.Trees(count, spaces: 2));
    }

    [Theory]
    [InlineData(0, 1, 24, 8, 2)]
    [InlineData(0, 512, 4112, 8, 1024)]
    [InlineData(0, 131072, 1050632, 1028, 262144)]
    [InlineData(0, 131073, 1050648, 1032, 262146)]
    [InlineData(511, 2, 40, 12, 4)]
    public void A_slots_metadata_follow_its_pages(ulong first, ulong pages, long reverseMaps, long largePages, long writeTrack)
    {
        var frames = new GfnRange(new Gfn(first), pages);

        Assert.Equal(reverseMaps, SlotMetadata.ReverseMaps(frames));
        Assert.Equal(largePages, SlotMetadata.LargePages(frames));
        Assert.Equal(writeTrack, SlotMetadata.WriteTrack(frames));
        Assert.Equal(reverseMaps + largePages + writeTrack, SlotMetadata.All(frames));
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(64, 16)]
    [InlineData(65, 32)]
    [InlineData(100, 32)]
    [InlineData(131073, 32784)]
    [InlineData(SlotLimits.MaxPagesPerSlot, 512L << 20)]
    public void A_dirty_bitmap_is_allocated_twice(ulong pages, long bytes) =>
        Assert.Equal(bytes, SlotMetadata.DirtyBitmap(pages));

    [Fact]
    public void What_a_store_here_takes_is_measured()
    {
        PublishedFigure[] here = [.. SlotRecords.Figures().Where(figure => figure.Note is not null)];

        // At least the elements and the table; no more than twice that, since arrays grow by doubling.
        PublishedFigure growable = Assert.Single(here, figure => figure.What == "a set of 132 slots in growable-array here");
        Assert.InRange(growable.Computed!.Value, 132 * 68, 2 * 132 * 68 + 512);
        PublishedFigure sorted = Assert.Single(here, figure => figure.What == "a set of 509 slots in sorted-array here");
        Assert.InRange(sorted.Computed!.Value, 65534 + (509 * 88), 65534 + (1024 * 88));
    }
}
