using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>
/// What every slot store must do, whatever its design: subclass it once a design. Here: lookups by frame and by id.
/// </summary>
public abstract partial class SlotStoreConformance
{
    const ulong LastFrame = (1UL << (SlotLimits.GuestAddressBits - Page.Shift)) - 1;

    readonly SlotDriver _slots;

    protected SlotStoreConformance() => _slots = new SlotDriver(CreateStore());

    /// <summary>An empty store of the design under test.</summary>
    protected abstract SlotStore CreateStore();

    SlotSet Active => _slots.Active;

    [Fact]
    public void An_empty_store_finds_nothing()
    {
        Assert.Equal(0, Active.Count);
        Assert.Null(Active.Find(new Gfn(0)));
        Assert.Null(Active.FindWithoutCache(new Gfn(0)));
        Assert.Null(Active.FindNearest(new Gfn(0)));
        Assert.Null(Active.FindById(new SlotId(0)));
        Assert.Null(Active.FirstFrom(new Gfn(0)));
        Assert.Null(Active.NextByHva(new HvaRange(new Hva(0), ulong.MaxValue), null));
        Assert.Empty(Walk(Active.All));
        Assert.Empty(Walk(Active.InRange(new HvaRange(new Hva(0), ulong.MaxValue))));
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void Readers_need_a_section_to_look_up_where_sets_are_edited_again() =>
        Assert.Equal(_slots.Store.RetiresSets, _slots.Store.LookupsNeedSection);

    [Fact]
    public void A_slot_is_made_of_its_definition()
    {
        SlotDefinition definition = SlotDriver.Define(7, 0x100, 0x10, 0x7000, SlotFlags.LogDirty | SlotFlags.ReadOnly);
        MemorySlot slot = _slots.Creation(definition).New!;

        Assert.Equal(definition, slot.Definition);
        Assert.NotNull(slot.DirtyBitmap);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(14, true)]
    [InlineData(19, true)]
    [InlineData(9, false)]
    [InlineData(20, false)]
    [InlineData(0, false)]
    [InlineData(ulong.MaxValue, false)]
    public void One_slot_is_found_at_its_own_frames_only(ulong gfn, bool found)
    {
        MemorySlot? expected = _slots.Create(3, gfn: 10, pages: 10);
        expected = found ? expected : null;

        Assert.Same(expected, Active.Find(new Gfn(gfn)));
        Assert.Same(expected, Active.FindWithoutCache(new Gfn(gfn)));
    }

    [Fact]
    public void The_lowest_and_the_highest_frame_can_be_slots()
    {
        MemorySlot lowest = _slots.Create(0, gfn: 0, pages: 1);
        MemorySlot highest = _slots.Create(1, gfn: LastFrame, pages: 1);

        Assert.Same(lowest, Active.Find(new Gfn(0)));
        Assert.Null(Active.Find(new Gfn(1)));
        Assert.Null(Active.Find(new Gfn(LastFrame - 1)));
        Assert.Same(highest, Active.Find(new Gfn(LastFrame)));
        Assert.Null(Active.Find(new Gfn(LastFrame + 1)));
    }

    [Fact]
    public void A_slot_of_the_greatest_size_is_found_at_both_ends()
    {
        MemorySlot slot = _slots.Create(0, gfn: 5, pages: SlotLimits.MaxPagesPerSlot, hva: 0);

        Assert.Null(Active.Find(new Gfn(4)));
        Assert.Same(slot, Active.Find(new Gfn(5)));
        Assert.Same(slot, Active.Find(new Gfn(5 + SlotLimits.MaxPagesPerSlot - 1)));
        Assert.Null(Active.Find(new Gfn(5 + SlotLimits.MaxPagesPerSlot)));
    }

    [Fact]
    public void Adjacent_slots_are_told_apart()
    {
        MemorySlot low = _slots.Create(0, gfn: 10, pages: 10);
        MemorySlot high = _slots.Create(1, gfn: 20, pages: 10);

        Assert.Same(low, Active.Find(new Gfn(19)));
        Assert.Same(high, Active.Find(new Gfn(20)));
    }

    [Fact]
    public void What_a_lookup_found_does_not_change_what_the_next_finds()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();

        Assert.Same(first, Active.Find(new Gfn(15)));
        Assert.Same(second, Active.Find(new Gfn(45)));
        Assert.Null(Active.Find(new Gfn(25)));
        Assert.Same(second, Active.FindNearest(new Gfn(40)));
        Assert.Same(first, Active.Find(new Gfn(10)));
        Assert.Null(Active.Find(new Gfn(20)));
    }

    [Fact]
    public void The_nearest_slot_is_the_one_that_covers_the_frame()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();

        Assert.Same(first, Active.FindNearest(new Gfn(15)));
        Assert.Same(second, Active.FindNearest(new Gfn(45)));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(ulong.MaxValue)]
    public void The_nearest_slot_to_a_hole_is_one_beside_it(ulong gfn)
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();

        Assert.Contains(Active.FindNearest(new Gfn(gfn)), new[] { first, second });
    }

    [Fact]
    public void The_first_slot_from_a_frame_covers_it_or_is_the_next_up()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();

        Assert.Same(first, Active.FirstFrom(new Gfn(0)));
        Assert.Same(first, Active.FirstFrom(new Gfn(10)));
        Assert.Same(first, Active.FirstFrom(new Gfn(19)));
        Assert.Same(second, Active.FirstFrom(new Gfn(20)));
        Assert.Same(second, Active.FirstFrom(new Gfn(49)));
        Assert.Null(Active.FirstFrom(new Gfn(50)));
        Assert.Null(Active.FirstFrom(new Gfn(ulong.MaxValue)));
    }

    [Fact]
    public void Slots_are_found_by_id()
    {
        MemorySlot lowest = _slots.Create(0, gfn: 10, pages: 1);
        MemorySlot highest = _slots.Create(SlotLimits.TotalSlots - 1, gfn: 20, pages: 1);

        Assert.Same(lowest, Active.FindById(new SlotId(0)));
        Assert.Same(highest, Active.FindById(new SlotId(SlotLimits.TotalSlots - 1)));
        Assert.Null(Active.FindById(new SlotId(1)));
        Assert.Null(Active.FindById(new SlotId(ushort.MaxValue)));
    }

    /// <summary>The two slots of KVM's lookup vectors: [10, 20) and [40, 50).</summary>
    (MemorySlot First, MemorySlot Second) CreateTwoSlots() =>
        (_slots.Create(0, gfn: 10, pages: 10), _slots.Create(1, gfn: 40, pages: 10, hva: 0x20_0000));

    static List<MemorySlot> Walk(GfnWalk walk)
    {
        var slots = new List<MemorySlot>();
        foreach (MemorySlot slot in walk)
        {
            // A broken walk may turn in circles.
            Assert.InRange(slots.Count, 0, SlotLimits.TotalSlots);
            slots.Add(slot);
        }
        return slots;
    }

    static List<MemorySlot> Walk(HvaWalk walk)
    {
        var slots = new List<MemorySlot>();
        foreach (MemorySlot slot in walk)
        {
            // A broken walk may turn in circles.
            Assert.InRange(slots.Count, 0, SlotLimits.TotalSlots);
            slots.Add(slot);
        }
        return slots;
    }
}
