using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>What readers see when, and that all of an update is seen at once.</summary>
public abstract partial class SlotStoreConformance
{
    [Fact]
    public void A_new_slot_is_seen_from_its_publication()
    {
        SlotChange[] changes = [_slots.Creation(SlotDriver.Define(0, 10, 10))];

        _slots.Store.Stage(SlotStep.Apply, changes);
        Assert.Null(Active.Find(new Gfn(10)));
        Assert.Equal(0, Active.Count);

        _slots.Store.Publish();
        Assert.Same(changes[0].New, Active.Find(new Gfn(10)));

        _slots.Store.Settle(SlotStep.Apply, changes);
        Assert.Same(changes[0].New, Active.Find(new Gfn(10)));
        Assert.Equal(1, Active.Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void New_flags_are_seen_from_their_publication_with_no_gap()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [_slots.Reflagging(old, SlotFlags.LogDirty)];

        _slots.Store.Stage(SlotStep.Apply, changes);
        Assert.Same(old, Active.Find(new Gfn(10)));
        Assert.False(old.IsInvalid);

        _slots.Store.Publish();
        Assert.Same(changes[0].New, Active.Find(new Gfn(10)));

        _slots.Store.Settle(SlotStep.Apply, changes);
        Assert.Same(changes[0].New, Active.Find(new Gfn(10)));
        Assert.Equal(SlotFlags.LogDirty, Active.FindById(new SlotId(0))!.Flags);
        Assert.Equal(1, Active.Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_moved_slot_is_hidden_first_and_then_seen_in_its_new_place()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [_slots.Relocation(old, gfn: 15)];

        _slots.Store.Stage(SlotStep.Hide, changes);
        Assert.Same(old, Active.Find(new Gfn(10)));

        _slots.Store.Publish();
        AssertHidden(changes[0]);

        _slots.Store.Settle(SlotStep.Hide, changes);
        AssertHidden(changes[0]);

        _slots.Store.Stage(SlotStep.Apply, changes);
        AssertHidden(changes[0]);

        _slots.Store.Publish();
        AssertMoved(changes[0]);

        _slots.Store.Settle(SlotStep.Apply, changes);
        AssertMoved(changes[0]);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_deleted_slot_is_hidden_first_and_then_gone()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [SlotDriver.Deletion(old)];

        _slots.Step(SlotStep.Hide, changes);
        AssertHidden(changes[0]);

        _slots.Store.Stage(SlotStep.Apply, changes);
        AssertHidden(changes[0]);

        _slots.Store.Publish();
        AssertGone(old);

        _slots.Store.Settle(SlotStep.Apply, changes);
        AssertGone(old);
        Assert.Equal(0, Active.Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_hidden_slot_comes_back_when_the_update_fails()
    {
        MemorySlot old = _slots.Create(0, gfn: 10, pages: 10);
        SlotChange[] changes = [_slots.Relocation(old, gfn: 30)];

        _slots.Step(SlotStep.Hide, changes);
        _slots.Store.Stage(SlotStep.Restore, changes);
        AssertHidden(changes[0]);

        _slots.Store.Publish();
        Assert.Same(old, Active.Find(new Gfn(10)));

        _slots.Store.Settle(SlotStep.Restore, changes);
        Assert.Same(old, Active.Find(new Gfn(10)));
        Assert.Same(old, Active.FindById(old.Id));
        Assert.Equal([old], Walk(Active.InRange(old.HvaRange)));
        Assert.Null(Active.Find(new Gfn(30)));
        Assert.False(old.IsInvalid);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_restored_slot_can_be_moved_and_deleted()
    {
        MemorySlot slot = _slots.Create(0, gfn: 10, pages: 10);
        _slots.Fail(_slots.Relocation(slot, gfn: 30));

        slot = _slots.Move(slot, gfn: 20);
        Assert.Same(slot, Active.Find(new Gfn(29)));

        _slots.Delete(slot);
        AssertGone(slot);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_hidden_slot_keeps_the_dirty_bitmap_of_the_old()
    {
        MemorySlot old = _slots.SetFlags(_slots.Create(0, gfn: 10, pages: 10), SlotFlags.LogDirty);
        SlotChange[] changes = [SlotDriver.Deletion(old)];

        _slots.Step(SlotStep.Hide, changes);

        Assert.Same(old.DirtyBitmap, Active.Find(new Gfn(10))!.DirtyBitmap);
        Assert.Equal(SlotFlags.LogDirty | SlotFlags.Invalid, Active.Find(new Gfn(10))!.Flags);
        _slots.Step(SlotStep.Apply, changes);
    }

    [Fact]
    public void Two_slots_swap_places_in_one_update()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();
        SlotChange[] changes = [_slots.Relocation(first, gfn: 40), _slots.Relocation(second, gfn: 10)];

        _slots.Step(SlotStep.Hide, changes);
        Assert.Same(changes[0].Hidden, Active.Find(new Gfn(10)));
        Assert.Same(changes[1].Hidden, Active.Find(new Gfn(40)));

        _slots.Step(SlotStep.Apply, changes);
        Assert.Same(changes[1].New, Active.Find(new Gfn(10)));
        Assert.Same(changes[0].New, Active.Find(new Gfn(40)));
        Assert.Same(changes[0].New, Active.FindById(first.Id));
        Assert.Same(changes[1].New, Active.FindById(second.Id));
        Assert.Equal([changes[1].New!, changes[0].New!], Walk(Active.All));
        Assert.Equal(2, Active.Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_swap_that_fails_changes_nothing()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();

        _slots.Fail(_slots.Relocation(first, gfn: 40), _slots.Relocation(second, gfn: 10));

        Assert.Equal([first, second], Walk(Active.All));
        Assert.False(first.IsInvalid);
        Assert.False(second.IsInvalid);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void Slots_take_each_others_places_all_round()
    {
        MemorySlot[] slots = [.. Enumerable.Range(0, 8).Select(id => _slots.Create(id, (ulong)id * 10, 10))];

        _slots.Update([.. slots.Select(slot => _slots.Relocation(slot, (slot.Base.Value + 10) % 80))]);

        Assert.Equal([7, 0, 1, 2, 3, 4, 5, 6], Walk(Active.All).Select(slot => (int)slot.Id.Value));
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void Changes_of_every_kind_are_seen_at_once()
    {
        MemorySlot[] slots = [.. Enumerable.Range(0, 4).Select(id => _slots.Create(id, (ulong)id * 10, 10))];
        SlotChange[] changes =
        [
            _slots.Reflagging(slots[0], SlotFlags.LogDirty),
            SlotDriver.Deletion(slots[1]),
            _slots.Relocation(slots[2], gfn: 15),
            _slots.Creation(SlotDriver.Define(7, 25, 5)),
        ];

        _slots.Step(SlotStep.Hide, changes);
        Assert.Equal([slots[0], changes[1].Hidden!, changes[2].Hidden!, slots[3]], Walk(Active.All));
        _slots.Store.Stage(SlotStep.Apply, changes);
        Assert.Equal([slots[0], changes[1].Hidden!, changes[2].Hidden!, slots[3]], Walk(Active.All));
        _slots.Store.Publish();
        Assert.Equal([changes[0].New!, changes[2].New!, changes[3].New!, slots[3]], Walk(Active.All));
        _slots.Store.Settle(SlotStep.Apply, changes);
        Assert.Equal([changes[0].New!, changes[2].New!, changes[3].New!, slots[3]], Walk(Active.All));
        Assert.Equal(4, Active.Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void An_id_and_its_frames_may_be_left_and_taken_in_one_update()
    {
        MemorySlot old = _slots.Create(5, gfn: 10, pages: 10);
        SlotChange[] changes = [SlotDriver.Deletion(old), _slots.Creation(SlotDriver.Define(5, 10, 20, 0x8000))];

        _slots.Update(changes);

        Assert.Same(changes[1].New, Active.FindById(old.Id));
        Assert.Equal([changes[1].New!], Walk(Active.All));
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void A_snapshot_is_left_alone_by_later_updates()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();
        SlotSet snapshot = _slots.Store.Snapshot();

        _slots.Move(first, gfn: 100);
        _slots.SetFlags(second, SlotFlags.ReadOnly);
        _slots.Create(2, gfn: 10, pages: 5);

        Assert.Equal(2, snapshot.Count);
        Assert.Same(first, snapshot.Find(new Gfn(10)));
        Assert.Same(second, snapshot.FindNearest(new Gfn(49)));
        Assert.Same(first, snapshot.FindById(first.Id));
        Assert.Null(snapshot.FindById(new SlotId(2)));
        Assert.Null(snapshot.Find(new Gfn(100)));
        Assert.Equal([first, second], Walk(snapshot.All));
        Assert.Equal([first], Walk(snapshot.InRange(first.HvaRange)));
        Assert.Equal([first, second], Walk(snapshot.InRange(new HvaRange(new Hva(0), ulong.MaxValue))));
    }

    [Fact]
    public void A_snapshot_of_an_empty_store_stays_empty()
    {
        SlotSet snapshot = _slots.Store.Snapshot();

        _slots.Create(0, gfn: 0, pages: 1);

        Assert.Equal(0, snapshot.Count);
        Assert.Null(snapshot.FindNearest(new Gfn(0)));
        Assert.Empty(Walk(snapshot.All));
    }

    [Fact]
    public void As_many_slots_as_KVM_allows_are_kept()
    {
        SlotChange[] changes =
        [
            .. Enumerable.Range(0, SlotLimits.UserSlots)
                .Select(id => _slots.Creation(SlotDriver.Define(id, (ulong)id * 2, 1, (ulong)id << Page.Shift))),
        ];

        _slots.Update(changes);

        Assert.Equal(SlotLimits.UserSlots, Active.Count);
        Assert.Equal(12345, Active.Find(new Gfn(24690))!.Id.Value);
        Assert.Null(Active.Find(new Gfn(24691)));
        Assert.Equal(32763, Active.FirstFrom(new Gfn(65525))!.Id.Value);
        Assert.Equal(20000, Assert.Single(Walk(Active.InRange(new HvaRange(new Hva(20000UL << Page.Shift), 1)))).Id.Value);
        Assert.Equal(32763, Active.FindById(new SlotId(32763))!.Id.Value);
        Assert.Null(Active.FindById(new SlotId(32764)));
    }

    [Fact]
    public void Thousands_of_slots_are_walked()
    {
        const int Count = 3000;
        foreach (int id in Enumerable.Range(0, Count))
            _slots.Create(id, (ulong)id * 2, 1, hva: (ulong)id << Page.Shift);

        Assert.Equal(Count, Walk(Active.All).Count);
        Assert.Equal(Count, Walk(Active.InRange(new HvaRange(new Hva(0), ulong.MaxValue))).Count);
        _slots.Store.CheckInvariants();
    }

    [Fact]
    public void All_slots_are_copied_out()
    {
        (MemorySlot first, MemorySlot second) = CreateTwoSlots();
        var slots = new List<MemorySlot>();

        Active.CopyTo(slots);

        Assert.Equal([first, second], slots.OrderBy(slot => slot.Id));
    }

    void AssertHidden(in SlotChange change)
    {
        MemorySlot old = change.Old!;
        Assert.NotNull(change.Hidden);
        Assert.True(change.Hidden.IsInvalid);
        Assert.False(change.Hidden.IsVisible);
        Assert.Equal(
            old.Definition with { Flags = old.Flags | SlotFlags.Invalid }, change.Hidden.Definition);
        Assert.Same(change.Hidden, Active.Find(old.Base));
        Assert.Same(change.Hidden, Active.FindWithoutCache(new Gfn(old.End.Value - 1)));
        Assert.Same(change.Hidden, Active.FindById(old.Id));
        Assert.Equal([change.Hidden], Walk(Active.InRange(old.HvaRange)));
        Assert.Equal(1, Active.Count);
    }

    void AssertMoved(in SlotChange change)
    {
        MemorySlot moved = change.New!;
        Assert.Null(Active.Find(change.Old!.Base));
        Assert.Same(moved, Active.Find(moved.Base));
        Assert.Same(moved, Active.Find(new Gfn(moved.End.Value - 1)));
        Assert.Same(moved, Active.FindById(moved.Id));
        Assert.Equal([moved], Walk(Active.InRange(moved.HvaRange)));
        Assert.Equal(1, Active.Count);
        Assert.False(moved.IsInvalid);
    }

    void AssertGone(MemorySlot old)
    {
        Assert.Null(Active.Find(old.Base));
        Assert.Null(Active.FindById(old.Id));
        Assert.Empty(Walk(Active.InRange(old.HvaRange)));
        Assert.Empty(Walk(Active.All));
    }
}
