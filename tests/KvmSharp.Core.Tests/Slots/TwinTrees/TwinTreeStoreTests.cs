using System;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using KvmSharp.Slots.TwinTrees;
using Xunit;

namespace KvmSharp.Tests.Slots.TwinTrees;

/// <summary>What is particular to two sets: what stands in the one out of sight, and the last-used slots.</summary>
public sealed class TwinTreeStoreTests
{
    readonly TwinTreeStore _store = new();
    readonly SlotDriver _slots;

    public TwinTreeStoreTests() => _slots = new SlotDriver(_store);

    [Fact]
    public void Sets_are_edited_again_after_another_took_their_place() => Assert.True(_store.RetiresSets);

    [Fact]
    public void Each_publication_makes_the_other_set_the_active_one()
    {
        SlotSet first = _store.Active;
        Assert.Equal(0, ((TwinSet)first).Index);

        _slots.Create(0, gfn: 10, pages: 10);
        Assert.NotSame(first, _store.Active);

        _slots.Create(1, gfn: 20, pages: 10);
        Assert.Same(first, _store.Active);
    }

    [Fact]
    public void The_sets_of_a_move_show_what_those_of_KVM_show()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [_slots.Relocation(old, gfn: 15)];
        AssertSets(old, old);

        _store.Stage(SlotStep.Hide, changes);
        AssertSets(old, changes[0].Hidden);
        _store.Publish();
        AssertSets(changes[0].Hidden, old);
        _store.Settle(SlotStep.Hide, changes);
        AssertSets(changes[0].Hidden, old);
        _store.Stage(SlotStep.Apply, changes);
        AssertSets(changes[0].Hidden, changes[0].New);
        _store.Publish();
        AssertSets(changes[0].New, changes[0].Hidden);
        _store.Settle(SlotStep.Apply, changes);
        AssertSets(changes[0].New, changes[0].New);
    }

    [Fact]
    public void The_sets_of_a_deletion_show_what_those_of_KVM_show()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [SlotDriver.Deletion(old)];

        _slots.Step(SlotStep.Hide, changes);
        AssertSets(changes[0].Hidden, old);
        _store.Stage(SlotStep.Apply, changes);
        AssertSets(changes[0].Hidden, null);
        _store.Publish();
        AssertSets(null, changes[0].Hidden);
        _store.Settle(SlotStep.Apply, changes);
        AssertSets(null, null);
    }

    [Fact]
    public void The_sets_of_a_failed_move_both_hold_the_old_slot_again()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [_slots.Relocation(old, gfn: 15)];

        _slots.Step(SlotStep.Hide, changes);
        _store.Stage(SlotStep.Restore, changes);
        AssertSets(changes[0].Hidden, old);
        _store.Publish();
        AssertSets(old, changes[0].Hidden);
        _store.Settle(SlotStep.Restore, changes);
        AssertSets(old, old);
    }

    [Fact]
    public void The_hidden_slot_is_a_copy()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [SlotDriver.Deletion(old)];

        _slots.Update(changes);

        Assert.NotSame(old, changes[0].Hidden);
        Assert.False(old.IsInvalid);
    }

    [Fact]
    public void A_lookup_remembers_what_it_found_for_its_set_only()
    {
        MemorySlot slot = _slots.Create(0, gfn: 10, pages: 10);

        _store.Active.Find(new Gfn(12));

        Assert.Same(slot, Active.LastUsed);
        Assert.Null(_store.Inactive.LastUsed);
    }

    [Fact]
    public void A_lookup_that_finds_nothing_leaves_the_last_used_slot()
    {
        MemorySlot slot = _slots.Create(0, gfn: 10, pages: 10);

        _store.Active.Find(new Gfn(12));
        Assert.Null(_store.Active.Find(new Gfn(20)));

        Assert.Same(slot, Active.LastUsed);
    }

    [Fact]
    public void A_lookup_without_cache_remembers_nothing()
    {
        _slots.Create(0, gfn: 10, pages: 10);

        Assert.NotNull(_store.Active.FindWithoutCache(new Gfn(12)));

        Assert.Null(Active.LastUsed);
    }

    [Fact]
    public void The_nearest_slot_is_remembered_even_beside_a_hole()
    {
        MemorySlot slot = _slots.Create(0, gfn: 10, pages: 10);

        Assert.Same(slot, _store.Active.FindNearest(new Gfn(5)));

        Assert.Same(slot, Active.LastUsed);
    }

    [Fact]
    public void The_last_used_slot_follows_its_replacement()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        _store.Active.Find(new Gfn(12));
        TwinSet remembering = Active;

        MemorySlot reflagged = _slots.SetFlags(old, SlotFlags.ReadOnly);
        Assert.Same(reflagged, remembering.LastUsed);

        _slots.Delete(reflagged);
        Assert.Null(remembering.LastUsed);
        _store.CheckInvariants();
    }

    [Fact]
    public void Two_slots_of_one_base_are_a_fatal_error()
    {
        _slots.Create(0, gfn: 10, pages: 10);

        Assert.Throws<InvalidOperationException>(() => _slots.Create(1, gfn: 10, pages: 1));
    }

    [Fact]
    public void A_slot_that_has_left_keeps_no_other_alive()
    {
        MemorySlot[] slots = [.. Enumerable.Range(0, 5).Select(id => _slots.Create(id, (ulong)id * 10, 10))];

        _slots.SetFlags(slots[1], SlotFlags.ReadOnly);
        _slots.Delete(slots[2]);

        Assert.All([slots[1], slots[2]], slot =>
        {
            SlotNodes[] nodes = [((TwinSlot)slot).Nodes0, ((TwinSlot)slot).Nodes1];
            Assert.All(nodes, node => Assert.Equal((default, default, default), (node.Gfn, node.Hva, node.Id)));
        });
    }

    [Fact]
    public void The_newest_slot_of_a_chain_comes_first()
    {
        var hash = new IdHash<TwinIndex0>();
        TwinSlot older = Slot(5), newer = Slot(5);

        hash.Link(older);
        hash.Link(newer);
        Assert.Same(newer, hash.Find(new SlotId(5)));

        hash.Unlink(newer);
        Assert.Same(older, hash.Find(new SlotId(5)));
    }

    [Fact]
    public void Lookups_and_walks_allocate_nothing()
    {
        foreach (int id in Enumerable.Range(0, 100))
            _slots.Create(id, (ulong)id * 10, 5, hva: (ulong)id << Page.Shift);
        LookUpEverywhere();

        long before = GC.GetAllocatedBytesForCurrentThread();
        LookUpEverywhere();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    TwinSet Active => (TwinSet)_store.Active;

    void LookUpEverywhere()
    {
        SlotSet set = _store.Active;
        for (ulong gfn = 0; gfn < 1000; gfn += 3)
        {
            set.Find(new Gfn(gfn));
            set.FindNearest(new Gfn(gfn));
            set.FindById(new SlotId((ushort)(gfn / 10)));
        }
        foreach (MemorySlot slot in set.All)
            set.FindWithoutCache(slot.Base);
        foreach (MemorySlot slot in set.InRange(new HvaRange(new Hva(0x5000), 0x20_000)))
            set.FirstFrom(slot.Base);
    }

    void AssertSets(MemorySlot? active, MemorySlot? inactive)
    {
        Assert.Same(active, OnlySlot(_store.Active));
        Assert.Same(inactive, OnlySlot(_store.Inactive));
    }

    static MemorySlot? OnlySlot(SlotSet set)
    {
        MemorySlot? slot = set.FirstFrom(new Gfn(0));
        Assert.Equal(slot is null ? 0 : 1, set.Count);
        Assert.Same(slot, set.FindById(new SlotId(0)));
        Assert.Same(slot, set.NextByHva(new HvaRange(new Hva(0), ulong.MaxValue), null));
        return slot;
    }

    static TwinSlot Slot(int id) => new(SlotDriver.Define(id, 0, 1), null);
}
