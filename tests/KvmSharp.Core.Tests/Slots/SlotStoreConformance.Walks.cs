using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>Walks over ranges of guest frames and of host memory.</summary>
public abstract partial class SlotStoreConformance
{
    [Theory]
    [InlineData(0, 10, new int[0])]
    [InlineData(19, 41, new[] { 0, 1 })]
    [InlineData(20, 40, new int[0])]
    [InlineData(49, 100, new[] { 1 })]
    [InlineData(50, 60, new int[0])]
    [InlineData(0, 11, new[] { 0 })]
    [InlineData(12, 13, new[] { 0 })]
    [InlineData(15, 15, new int[0])]
    [InlineData(0, ulong.MaxValue, new[] { 0, 1 })]
    public void A_walk_over_guest_frames_meets_the_slots_of_the_range(ulong start, ulong end, int[] ids)
    {
        CreateTwoSlots();

        GfnWalk walk = Active.InRange(GfnRange.Between(new Gfn(start), new Gfn(end)));

        Assert.Equal(ids, Walk(walk).Select(slot => (int)slot.Id.Value));
    }

    [Fact]
    public void All_slots_are_walked_in_ascending_order_of_frame()
    {
        MemorySlot highest = _slots.Create(1, gfn: LastFrame, pages: 1);
        MemorySlot lowest = _slots.Create(9, gfn: 0, pages: 1);
        MemorySlot middle = _slots.Create(5, gfn: 1, pages: 7);

        Assert.Equal([lowest, middle, highest], Walk(Active.All));
        Assert.Equal(3, Active.Count);
    }

    [Theory]
    [InlineData(0x2FFF, 0x1, new[] { 0, 1 })]
    [InlineData(0x2800, 0x801, new[] { 0, 1 })]
    [InlineData(0x1000, 0x1, new[] { 0 })]
    [InlineData(0x1FFF, 0x1, new[] { 0 })]
    [InlineData(0x1FFF, 0x2, new[] { 0, 1 })]
    [InlineData(0x3000, 0x1000, new[] { 0 })]
    [InlineData(0x3FFF, 0x1, new[] { 0 })]
    [InlineData(0x4000, 0x1000, new int[0])]
    [InlineData(0, 0x1000, new int[0])]
    [InlineData(0, ulong.MaxValue, new[] { 0, 1 })]
    [InlineData(0x2000, 0, new int[0])]
    public void A_walk_over_host_memory_meets_every_alias(ulong start, ulong length, int[] ids)
    {
        CreateAliases();

        HvaWalk walk = Active.InRange(new HvaRange(new Hva(start), length));

        Assert.Equal(ids, Walk(walk).Select(slot => (int)slot.Id.Value));
    }

    [Fact]
    public void Host_memory_touched_in_part_stands_for_whole_frames()
    {
        (MemorySlot first, MemorySlot second) = CreateAliases();
        var range = new HvaRange(new Hva(0x2800), 0x801);

        Assert.Equal(GfnRange.Between(new Gfn(1), new Gfn(3)), first.ToFrames(range));
        Assert.Equal(GfnRange.Between(new Gfn(100), new Gfn(101)), second.ToFrames(range));
    }

    [Fact]
    public void Slots_of_identical_host_memory_are_each_met_once()
    {
        MemorySlot[] slots =
            [.. Enumerable.Range(0, 40).Select(id => _slots.Create(id, (ulong)id * 10, 5, hva: 0x8000))];

        Assert.Equal(slots, Walk(Active.InRange(new HvaRange(new Hva(0x9000), 1))).OrderBy(slot => slot.Id.Value));
        Assert.Empty(Walk(Active.InRange(new HvaRange(new Hva(0x7000), 0x1000))));
        Assert.Empty(Walk(Active.InRange(new HvaRange(new Hva(0xD000), 0x1000))));
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void Host_memory_may_begin_at_zero_and_end_at_the_last_user_page()
    {
        MemorySlot lowest = _slots.Create(0, gfn: 50, pages: 1, hva: 0);
        MemorySlot highest = _slots.Create(1, gfn: 20, pages: 1, hva: SlotLimits.UserHvaEnd - Page.Size);

        Assert.Equal([lowest], Walk(Active.InRange(new HvaRange(new Hva(0), 1))));
        Assert.Equal([lowest], Walk(Active.InRange(new HvaRange(new Hva(0xFFF), 1))));
        Assert.Empty(Walk(Active.InRange(new HvaRange(new Hva(0x1000), 1))));
        Assert.Equal([highest], Walk(Active.InRange(new HvaRange(new Hva(SlotLimits.UserHvaEnd - 1), 1))));
        Assert.Empty(Walk(Active.InRange(new HvaRange(new Hva(SlotLimits.UserHvaEnd), 1))));
        Assert.Equal([lowest, highest], Walk(Active.InRange(new HvaRange(new Hva(0), ulong.MaxValue))));
    }

    [Fact]
    public void A_long_slot_that_starts_far_below_the_range_is_met()
    {
        MemorySlot shadow = _slots.Create(0, gfn: 0, pages: 0x1000, hva: 0x10_0000);
        foreach (int i in Enumerable.Range(1, 64))
            _slots.Create(i, 0x1000UL + (ulong)i, 1, hva: 0x10_0000 + ((ulong)i << Page.Shift));

        Assert.Equal([shadow], Walk(Active.InRange(new HvaRange(new Hva(0x10_0000 + (0x80UL << Page.Shift)), 1))));
    }

    [Fact]
    public void A_walk_over_host_memory_ascends()
    {
        foreach (int i in Enumerable.Range(0, 100))
            _slots.Create(i, (ulong)i * 4, 4, hva: (ulong)(i * 37 % 100) << Page.Shift);

        HvaWalk walk = Active.InRange(new HvaRange(new Hva(0x20_000), 0x20_000));
        ulong[] starts = [.. Walk(walk).Select(slot => slot.Hva.Value)];

        Assert.Equal(starts.Order(), starts);
        Assert.Equal(Enumerable.Range(0x1D, 0x23).Select(page => (ulong)page << Page.Shift), starts);
    }

    /// <summary>The slots of KVM's host-memory vectors: the second's memory lies within the first's.</summary>
    (MemorySlot First, MemorySlot Second) CreateAliases() =>
        (_slots.Create(0, gfn: 0, pages: 3, hva: 0x1000), _slots.Create(1, gfn: 100, pages: 1, hva: 0x2000));
}
