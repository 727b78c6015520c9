using System;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.SecondStage;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

public class SecondStageTableTests
{
    const ulong Pages2M = 512;
    const ulong Pages1G = 512 * 512;
    static readonly Gfn _last = new((1UL << 40) - 1);

    readonly SecondStageTable _table = new();

    [Fact]
    public void An_empty_table_maps_nothing_and_costs_little()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        SecondStageTable empty = new();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 299);
        Assert.False(empty.Walk(default, out PageLevel level).IsPresent);
        Assert.Equal(PageLevel.None, level);
        Assert.Equal(0, empty.MappedPages + empty.TableCount + empty.TableBytes);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(511UL)]
    [InlineData(Pages1G - 1)]
    [InlineData(1UL << 36)]
    [InlineData((1UL << 40) - 1)]
    public void A_page_is_found_where_it_was_mapped_and_nowhere_else(ulong frame)
    {
        Assert.True(Map(frame, PageLevel.Page4K, writable: true));
        Spte spte = _table.Walk(new Gfn(frame), out PageLevel level);
        Assert.Equal(PageLevel.Page4K, level);
        Assert.Equal(HvaOf(frame), spte.HostPage);
        Assert.False(_table.Walk(new Gfn(frame ^ 1), out _).IsPresent);
        Assert.False(_table.Walk(new Gfn(frame ^ (1UL << 39)), out _).IsPresent);
        Assert.Equal((4, 1), (_table.TableCount, _table.MappedPages));
        _table.CheckInvariants();
    }

    [Theory]
    [InlineData(PageLevel.Page2M, 3, Pages2M)]
    [InlineData(PageLevel.Page1G, 2, Pages1G)]
    public void A_large_leaf_covers_all_its_frames(PageLevel level, int tables, ulong pages)
    {
        Assert.True(Map((5 * pages) + 7, level, writable: true));
        Spte spte = _table.Walk(new Gfn((6 * pages) - 1), out PageLevel found);
        Assert.Equal(level, found);
        Assert.Equal(HvaOf((6 * pages) - 1), spte.HvaOf(new Gfn((6 * pages) - 1), found));
        Assert.False(_table.Walk(new Gfn(6 * pages), out _).IsPresent);
        Assert.Equal((tables, (long)pages), (_table.TableCount, _table.MappedPages));
        Assert.Equal(1, _table.CountLeaves(level));
        Assert.Null(_table.FindLeafTable(new Gfn(5 * pages)));
    }

    [Fact]
    public void Table_bytes_are_what_the_heap_gives_out()
    {
        Map(0, PageLevel.Page4K);
        long counted = _table.TableBytes;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Map(1UL << 36, PageLevel.Page4K);
        Map(Pages1G, PageLevel.Page2M);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(allocated, _table.TableBytes - counted);
    }

    [Fact]
    public void Mapping_again_is_spurious_and_adds_only_what_is_missing()
    {
        Assert.True(Map(3, PageLevel.Page4K));
        Assert.False(Map(3, PageLevel.Page4K));
        Assert.True(Map(3, PageLevel.Page4K, writable: true, dirty: true));
        Assert.False(Map(3, PageLevel.Page4K));
        Assert.True(_table.Walk(new Gfn(3), out _) is { IsWritable: true, IsDirty: true });
        Assert.Equal(1, _table.MappedPages);
    }

    [Fact]
    public void Smaller_leaves_stay_and_the_largest_leaf_beside_them_is_mapped()
    {
        Map(0, PageLevel.Page4K);
        Assert.True(Map(1, PageLevel.Page1G));
        Assert.True(Map(Pages2M, PageLevel.Page1G));
        Assert.Equal(
            [PageLevel.Page4K, PageLevel.Page4K, PageLevel.Page2M],
            _table.ListLeaves(GfnRange.All).Select(leaf => leaf.Level));
        _table.CheckInvariants();
    }

    [Fact]
    public void A_larger_leaf_that_suffices_is_left_alone()
    {
        Map(0, PageLevel.Page1G, writable: true);
        Assert.False(Map(77, PageLevel.Page4K, writable: true));
        Assert.True(Map(77, PageLevel.Page4K, writable: true, dirty: true));
        Assert.Equal(1, _table.CountLeaves(PageLevel.Page1G));
    }

    [Fact]
    public void A_larger_leaf_that_lacks_the_right_is_split_so_that_no_other_frame_gains_it()
    {
        Map(0, PageLevel.Page1G);
        Assert.True(Map(77, PageLevel.Page4K, writable: true, dirty: true));
        Assert.True(_table.Walk(new Gfn(77), out _) is { IsWritable: true, IsDirty: true });
        Assert.False(_table.Walk(new Gfn(78), out _).IsWritable);
        Assert.Equal((511, 512, (long)Pages1G),
            (_table.CountLeaves(PageLevel.Page2M), _table.CountLeaves(PageLevel.Page4K), _table.MappedPages));
        _table.CheckInvariants();
    }

    [Fact]
    public void A_large_leaf_of_the_size_asked_for_gains_the_right_whole()
    {
        Map(0, PageLevel.Page2M);
        Assert.True(Map(9, PageLevel.Page2M, writable: true));
        Assert.True(_table.Walk(new Gfn(511), out PageLevel level).IsWritable);
        Assert.Equal(PageLevel.Page2M, level);
    }

    [Theory]
    [InlineData(PageLevel.Page4K)]
    [InlineData(PageLevel.Page2M)]
    public void Another_host_page_needs_a_zap_first(PageLevel level)
    {
        Map(0, level);
        Assert.Throws<InvalidOperationException>(() => _table.Map(default, PageLevel.Page4K, new Hva(0x1000), false));
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Hva hva = new(0x20_0000);
        Assert.Throws<ArgumentOutOfRangeException>(() => _table.Map(_last + 1, PageLevel.Page4K, hva, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => _table.Map(default, PageLevel.None, hva, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => _table.Map(default, (PageLevel)4, hva, false));
        Assert.Throws<ArgumentException>(() => _table.Map(new Gfn(1), PageLevel.Page2M, hva, false));
        Assert.Throws<ArgumentException>(() => _table.Map(default, PageLevel.Page4K, hva + 1, false));
        Assert.Throws<ArgumentException>(() => _table.Map(default, PageLevel.Page4K, new Hva(1UL << 57), false));
        Assert.Throws<ArgumentException>(() => _table.Map(default, PageLevel.Page4K, hva, false, dirty: true));
        Assert.Equal(0, _table.TableCount);
    }

    [Fact]
    public void A_zap_removes_a_large_leaf_whole_and_counts_it_once()
    {
        Map(0, PageLevel.Page2M);
        Map(Pages2M, PageLevel.Page4K);
        Assert.Equal(2UL, _table.Zap(new GfnRange(new Gfn(Pages2M - 1), 2)));
        Assert.Equal((0, 0), (_table.TableCount, _table.MappedPages));
    }

    [Fact]
    public void A_zap_unlinks_only_the_tables_it_empties()
    {
        Map(0, PageLevel.Page4K);
        Map(Pages2M, PageLevel.Page4K);
        Assert.Equal(1UL, _table.Zap(new GfnRange(default, Pages2M)));
        Assert.Equal(4, _table.TableCount);
        Assert.True(_table.Walk(new Gfn(Pages2M), out _).IsPresent);
        _table.CheckInvariants();
    }

    [Fact]
    public void A_zap_of_nothing_removes_nothing()
    {
        Map(5, PageLevel.Page4K);
        Assert.Equal(0UL, _table.Zap(default));
        Assert.Equal(0UL, _table.Zap(new GfnRange(new Gfn(6), ulong.MaxValue - 6)));
        Assert.Equal(0UL, _table.Zap(new GfnRange(_last + 1, 99)));
        Assert.Equal(1UL, _table.Zap(GfnRange.All));
    }

    [Fact]
    public void A_kept_leaf_table_holds_nothing_for_ever_once_it_is_unlinked()
    {
        Map(8, PageLevel.Page4K, writable: true);
        LeafTable kept = _table.FindLeafTable(new Gfn(8))!;
        Assert.True(kept.Read(new Gfn(8)).IsPresent);
        _table.Zap(GfnRange.All);
        Map(8, PageLevel.Page4K, writable: true);
        Assert.False(kept.Read(new Gfn(8)).IsPresent);
        Assert.False(kept.TrySetAccessed(new Gfn(8)) || kept.TrySetDirty(new Gfn(8)));
        Assert.NotSame(kept, _table.FindLeafTable(new Gfn(8)));
    }

    [Fact]
    public void Write_protection_takes_the_dirty_bit_too_and_respects_the_smallest_level()
    {
        Map(0, PageLevel.Page2M, writable: true, dirty: true);
        Map(Pages2M, PageLevel.Page4K, writable: true, dirty: true);
        Assert.True(_table.WriteProtect(GfnRange.All, PageLevel.Page2M));
        Assert.True(_table.Walk(default, out _) is { IsPresent: true, IsWritable: false, IsDirty: false });
        Assert.True(_table.Walk(new Gfn(Pages2M), out _) is { IsWritable: true, IsDirty: true });
        Assert.False(_table.WriteProtect(GfnRange.All, PageLevel.Page2M));
        Assert.True(_table.WriteProtect(new GfnRange(new Gfn(Pages2M), 1)));
        _table.CheckInvariants();
    }

    [Fact]
    public void Accessed_and_dirty_are_set_only_where_the_entry_allows()
    {
        Assert.False(_table.SetAccessed(new Gfn(1)) || _table.SetDirty(new Gfn(1)) || _table.SetAccessed(_last + 1));
        _table.Map(new Gfn(1), PageLevel.Page4K, HvaOf(1), writable: false, accessed: false);
        Assert.False(_table.SetDirty(new Gfn(1)));
        Assert.False(_table.Walk(new Gfn(1), out _).IsAccessed);
        Assert.True(_table.SetAccessed(new Gfn(1)));
        Map(Pages1G, PageLevel.Page1G, writable: true);
        Assert.True(_table.SetDirty(new Gfn(Pages1G + 5)));
        Assert.True(_table.Walk(new Gfn(Pages1G), out _).IsDirty);
    }

    [Fact]
    public void Ageing_reports_use_once_and_testing_changes_nothing()
    {
        Map(0, PageLevel.Page4K, writable: true, dirty: true);
        Assert.True(_table.IsYoung(GfnRange.All) && _table.IsYoung(GfnRange.All));
        Assert.True(_table.Age(new GfnRange(default, 1)));
        Assert.False(_table.Age(GfnRange.All) || _table.IsYoung(GfnRange.All));
        Assert.True(_table.Walk(default, out _).IsDirty);
    }

    [Fact]
    public void A_split_keeps_translation_rights_and_bits_and_stops_at_the_range()
    {
        Map(0, PageLevel.Page1G, writable: true, dirty: true);
        Assert.True(_table.Split(new GfnRange(new Gfn(Pages2M), 1), PageLevel.Page4K));
        Assert.Equal((511, 512), (_table.CountLeaves(PageLevel.Page2M), _table.CountLeaves(PageLevel.Page4K)));
        Assert.All(_table.ListLeaves(GfnRange.All), leaf =>
        {
            Assert.True(leaf.Spte is { IsWritable: true, IsDirty: true, IsAccessed: true });
            Assert.Equal(HvaOf(leaf.Base.Value), leaf.Spte.HostPage);
        });
        Assert.False(_table.Split(GfnRange.All, PageLevel.Page2M));
        _table.CheckInvariants();
    }

    [Fact]
    public void Memory_comes_back_from_a_million_sparse_pages()
    {
        const ulong Count = 1_000_000;
        // 64 pages share a leaf table; a table for each page would make this a test of the heap.
        for (ulong page = 0; page < Count; page++)
            Map(page * 8, PageLevel.Page4K);
        Assert.Equal((long)Count, _table.MappedPages);
        Assert.Equal(Count, _table.Zap(GfnRange.All));
        Assert.Equal((0, 0, 0), (_table.TableCount, _table.MappedPages, _table.TableBytes));
        _table.CheckInvariants();
    }

    bool Map(ulong frame, PageLevel level, bool writable = false, bool dirty = false) =>
        _table.Map(new Gfn(frame), level, HvaOf(frame), writable, accessed: true, dirty);

    // Keeps the frame's offset within a leaf of any size.
    static Hva HvaOf(ulong frame) => new((frame << Page.Shift) + (1UL << 53));
}
