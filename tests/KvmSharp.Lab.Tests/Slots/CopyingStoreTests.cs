using KvmSharp.Addresses;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Lab.Slots.Records;
using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;
using Xunit;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>What is particular to the stores that copy all slots for each update.</summary>
public sealed class CopyingStoreTests
{
    // As KVM counted its slots.
    const int Entry2012 = 64;
    const int Entry2021 = 88;
    const int Table = SlotLimits.TotalSlots * sizeof(short);

    [Fact]
    public void Each_update_makes_the_other_set_the_active_one()
    {
        var store = new SortedArrayStore();
        var slots = new SlotDriver(store);
        SlotSet first = store.Active;

        MemorySlot slot = slots.Create(0, gfn: 10, pages: 10);
        Assert.NotSame(first, store.Active);
        slots.SetFlags(slot, SlotFlags.LogDirty);
        Assert.Same(first, store.Active);
    }

    [Fact]
    public void A_move_copies_the_whole_set_once()
    {
        var store = new SortedArrayStore();
        var slots = new SlotDriver(store);
        MemorySlot slot = slots.Create(0, gfn: 10, pages: 10);
        for (int id = 1; id < 100; id++)
            slots.Create(id, (ulong)(id + 1) * 10, 10);
        long before = store.CopiedBytes;

        slots.Move(slot, gfn: 5000);

        Assert.Equal((100 * Entry2021) + Table, store.CopiedBytes - before);
    }

    [Fact]
    public void A_fixed_array_copies_what_it_does_not_use()
    {
        var store = new FixedArrayStore(32);
        var slots = new SlotDriver(store);

        slots.Create(0, gfn: 10, pages: 10);

        Assert.Equal((32 + SlotLimits.InternalSlots) * Entry2012, store.CopiedBytes);
    }

    [Fact]
    public void A_growable_array_copies_little_while_it_is_small()
    {
        var store = new GrowableArrayStore();
        var slots = new SlotDriver(store);
        slots.Create(0, gfn: 10, pages: 10);
        long before = store.CopiedBytes;

        slots.Create(1, gfn: 20, pages: 10);

        Assert.Equal(Entry2012 + sizeof(int) + sizeof(ulong), store.CopiedBytes - before);
    }

    [Fact]
    public void The_size_of_an_element_is_what_the_runtime_makes_of_it()
    {
        Assert.Equal(Entry2012, SlotEntry<KernelFields2012>.Size);
        Assert.Equal(Entry2012, LayoutSize.Of<SlotEntry<KernelFields2012>>());
        Assert.Equal(Entry2012, LayoutSize.Of<Slot2012>());
        Assert.Equal(Entry2021, SlotEntry<KernelFields2021>.Size);
        Assert.Equal(Entry2021, LayoutSize.Of<SlotEntry<KernelFields2021>>());
        Assert.Equal(Entry2021, LayoutSize.Of<ArraySlot2021>());
    }

    [Fact]
    public void Ids_that_outgrow_one_word_go_behind_a_pointer()
    {
        var store = new GrowableArrayStore();
        var slots = new SlotDriver(store);

        slots.Create(63, gfn: 0, pages: 1);
        Assert.False(((GrowableArraySet)store.Active).HasIndirectBitmap);

        MemorySlot far = slots.Create(64, gfn: 1, pages: 1);
        Assert.True(((GrowableArraySet)store.Active).HasIndirectBitmap);
        Assert.Same(far, store.Active.FindById(new SlotId(64)));
        Assert.NotNull(store.Active.FindById(new SlotId(63)));
        Assert.Null(store.Active.FindById(new SlotId(65)));
        store.CheckInvariants();
    }

    [Fact]
    public void A_frame_that_was_missed_is_found_once_there_is_a_slot()
    {
        var store = new GrowableArrayStore();
        var slots = new SlotDriver(store);

        Assert.Null(store.Active.Find(new Gfn(10)));
        Assert.Null(store.Active.Find(new Gfn(10)));
        MemorySlot slot = slots.Create(0, gfn: 10, pages: 1);
        Assert.Same(slot, store.Active.Find(new Gfn(10)));
        slots.Delete(slot);
        Assert.Null(store.Active.Find(new Gfn(10)));
        Assert.Null(store.Active.Find(new Gfn(ulong.MaxValue)));
    }
}
