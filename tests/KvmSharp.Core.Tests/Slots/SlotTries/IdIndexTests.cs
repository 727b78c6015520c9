using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.Slots.SlotTries;

public sealed class IdIndexTests(ITestOutputHelper output)
{
    // Every change is an edit of its own.
    long _edit;

    [Fact]
    public void What_an_id_means_does_not_depend_on_how_many_changed_after_it()
    {
        IdIndex index = default;
        for (ushort id = 0; id < 3 * LatestSlots.Width; id++)
            index = Put(index, null, Slot(id));

        for (ushort id = 0; id < 3 * LatestSlots.Width; id++)
            Assert.Equal(id, index.Find(new SlotId(id))?.Id.Value);
        Assert.Null(index.Find(new SlotId(3 * LatestSlots.Width)));
        Assert.Equal(3 * LatestSlots.Width, index.CheckInvariants());
    }

    [Fact]
    public void The_greatest_number_that_is_no_slots_id_is_not_found_where_there_is_room()
    {
        IdIndex index = Put(default, null, Slot(0));

        Assert.Null(index.Find(new SlotId(ushort.MaxValue)));
    }

    [Fact]
    public void A_slot_that_moved_and_goes_is_not_found_again_in_the_trie()
    {
        IdIndex index = default;
        var slots = new List<MemorySlot>();
        for (ushort id = 0; id <= LatestSlots.Width; id++)
        {
            slots.Add(Slot(id));
            index = Put(index, null, slots[id]);
        }
        index = Put(index, slots[0], Slot(0));

        index = Remove(index, 0);

        Assert.Null(index.Find(new SlotId(0)));
        Assert.Equal(LatestSlots.Width, index.CheckInvariants());
    }

    [Fact]
    public void A_log_that_is_given_up_is_not_kept_by_an_outdated_slot()
    {
        IdIndex index = default;
        MemorySlot logged = Slot(0, new DirtyBitmap(pageCount: 1, initiallySet: false));
        index = Put(index, null, logged);
        for (ushort id = 1; id <= LatestSlots.Width; id++)
            index = Put(index, null, Slot(id));

        MemorySlot unlogged = Slot(0);
        index = Put(index, logged, unlogged);

        Assert.Same(unlogged, index.Find(new SlotId(0)));
        // Looks for the log of a slot that another has outdated.
        Assert.Equal(LatestSlots.Width + 1, index.CheckInvariants());
    }

    [Fact]
    public void Random_changes_give_what_a_dictionary_gives_and_leave_earlier_indexes_alone()
    {
        const int Changes = 20_000;
        const int Ids = 4 * LatestSlots.Width;
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new Dictionary<ushort, MemorySlot>();
        IdIndex index = default;
        for (int change = 0; change < Changes; change++)
        {
            IdIndex before = index;
            var modelBefore = new Dictionary<ushort, MemorySlot>(model);
            ushort id = (ushort)random.Next(Ids);
            model.TryGetValue(id, out MemorySlot? old);
            if (old is not null && random.Next(3) == 0)
            {
                index = Remove(index, id);
                model.Remove(id);
            }
            else
            {
                DirtyBitmap? bitmap = random.Next(8) == 0 ? new DirtyBitmap(pageCount: 1, initiallySet: false) : old?.DirtyBitmap;
                model[id] = Slot(id, bitmap);
                index = Put(index, old, model[id]);
            }
            Compare(model, index);
            Compare(modelBefore, before);
        }
    }

    static void Compare(Dictionary<ushort, MemorySlot> model, in IdIndex index)
    {
        Assert.Equal(model.Count, index.CheckInvariants());
        foreach ((ushort id, MemorySlot slot) in model)
            Assert.Same(slot, index.Find(new SlotId(id)));
    }

    IdIndex Put(IdIndex index, MemorySlot? old, MemorySlot @new)
    {
        index.Put(++_edit, old, @new);
        return index;
    }

    IdIndex Remove(IdIndex index, ushort id)
    {
        index.Remove(++_edit, new SlotId(id));
        return index;
    }

    static MemorySlot Slot(ushort id, DirtyBitmap? bitmap = null) => new SlotTrieStore().CreateSlot(
        new SlotDefinition(default, new SlotId(id), new GfnRange(new Gfn(id), 1), new Hva(Page.Size), SlotFlags.None), bitmap);
}
