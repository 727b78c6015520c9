using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using KvmSharp.Slots;
using KvmSharp.Slots.TwinTrees;
using Xunit;

namespace KvmSharp.Tests.Slots.TwinTrees;

/// <summary>The trees' shape, up to as many slots as KVM allows.</summary>
public sealed class RedBlackTreeTests
{
    public enum Order
    {
        Ascending,
        Descending,
        Random,
    }

    public static TheoryData<int, Order, Order> Runs()
    {
        var runs = new TheoryData<int, Order, Order>();
        foreach (int count in new[] { 1, 2, 3, 7, 8, 100, 1_000, SlotLimits.UserSlots })
        {
            foreach (Order insertion in Enum.GetValues<Order>())
            {
                foreach (Order removal in Enum.GetValues<Order>())
                    runs.Add(count, insertion, removal);
            }
        }
        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_tree_of_unique_keys_stays_balanced(int count, Order insertion, Order removal) =>
        FillAndEmpty<GfnTraits<TwinIndex0>>(Slots(count), insertion, removal, slot => slot.Base.Value);

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_interval_tree_stays_balanced(int count, Order insertion, Order removal)
    {
        TwinSlot[] slots = Slots(count);
        foreach (TwinSlot slot in slots)
            slot.Nodes1.HvaLast = slot.Nodes1.HvaMaxLast = slot.HvaRange.Last.Value;

        FillAndEmpty<HvaTraits<TwinIndex1>>(slots, insertion, removal, slot => slot.Hva.Value);
    }

    [Fact]
    public void A_key_that_is_taken_is_refused_and_the_tree_unchanged()
    {
        var tree = new RedBlackTree<GfnTraits<TwinIndex0>>();
        TwinSlot[] slots = Slots(5);
        foreach (TwinSlot slot in slots)
            tree.Insert(slot, slot.Base.Value);

        Assert.Throws<InvalidOperationException>(() => tree.Insert(Slots(1)[0], 0));

        Assert.Equal(5, tree.CheckInvariants());
    }

    [Fact]
    public void Slots_of_equal_keys_keep_the_order_of_their_insertion()
    {
        var tree = new RedBlackTree<HvaTraits<TwinIndex0>>();
        TwinSlot[] slots = Slots(200);
        foreach (TwinSlot slot in slots)
            tree.Insert(slot, 0x1000);

        Assert.Equal(slots, InOrder(tree));
    }

    [Fact]
    public void An_exchanged_slot_takes_the_place_and_colour_of_the_old()
    {
        var tree = new RedBlackTree<GfnTraits<TwinIndex0>>();
        TwinSlot[] slots = Slots(100);
        foreach (TwinSlot slot in slots)
            tree.Insert(slot, slot.Base.Value);
        TwinSlot[] others = Slots(100);

        for (int i = 0; i < slots.Length; i++)
        {
            TreeLinks links = slots[i].Nodes0.Gfn;
            tree.Exchange(slots[i], others[i]);
            Assert.Equal(links, others[i].Nodes0.Gfn);
            Assert.Equal(default, slots[i].Nodes0.Gfn);
        }

        Assert.Equal(100, tree.CheckInvariants());
        Assert.Equal(others, InOrder(tree));
    }

    [Fact]
    public void A_stale_subtree_maximum_is_noticed()
    {
        var tree = new RedBlackTree<HvaTraits<TwinIndex0>>();
        foreach (TwinSlot slot in Slots(10))
        {
            slot.Nodes0.HvaLast = slot.Nodes0.HvaMaxLast = slot.HvaRange.Last.Value;
            tree.Insert(slot, slot.Hva.Value);
        }

        tree.Root!.Nodes0.HvaMaxLast--;

        Assert.Throws<InvalidOperationException>(() => tree.CheckInvariants());
    }

    static void FillAndEmpty<TTraits>(TwinSlot[] slots, Order insertion, Order removal, Func<TwinSlot, ulong> key)
        where TTraits : struct, ITreeTraits
    {
        var tree = new RedBlackTree<TTraits>();
        // Small trees are checked after each step, large ones some dozen times.
        int every = Math.Max(1, slots.Length / 16);
        int count = 0;
        foreach (TwinSlot slot in Arrange(slots, insertion))
        {
            tree.Insert(slot, key(slot));
            if (++count % every == 0)
                Assert.Equal(count, tree.CheckInvariants());
        }

        Assert.Equal(slots, InOrder(tree));
        int mostLevels = 2 * BitOperations.Log2((uint)slots.Length + 1);
        Assert.InRange(Levels<TTraits>(tree.Root), 1, Math.Max(1, mostLevels + 1));

        foreach (TwinSlot slot in Arrange(slots, removal))
        {
            tree.Erase(slot);
            Assert.Equal(default, TTraits.Links(slot));
            if (--count % every == 0)
                Assert.Equal(count, tree.CheckInvariants());
        }
        Assert.Null(tree.Root);
    }

    static int Levels<TTraits>(TwinSlot? slot)
        where TTraits : struct, ITreeTraits
    {
        if (slot is null)
            return 0;
        ref TreeLinks links = ref TTraits.Links(slot);
        return 1 + Math.Max(Levels<TTraits>(links.Left), Levels<TTraits>(links.Right));
    }

    static List<TwinSlot> InOrder<TTraits>(RedBlackTree<TTraits> tree)
        where TTraits : struct, ITreeTraits
    {
        var slots = new List<TwinSlot>();
        for (TwinSlot? slot = tree.First; slot is not null; slot = RedBlackTree<TTraits>.Next(slot))
            slots.Add(slot);
        return slots;
    }

    static IEnumerable<TwinSlot> Arrange(TwinSlot[] slots, Order order) => order switch
    {
        Order.Ascending => slots,
        Order.Descending => slots.Reverse(),
        _ => Shuffled(slots),
    };

    static TwinSlot[] Shuffled(TwinSlot[] slots)
    {
        TwinSlot[] shuffled = [.. slots];
        new Random(slots.Length).Shuffle(shuffled);
        return shuffled;
    }

    // Every seventh slot is long and reaches over its neighbours in host memory.
    static TwinSlot[] Slots(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new TwinSlot(
            SlotDriver.Define(i, (ulong)i * 100, pages: i % 7 == 0 ? 50UL : 2UL, hva: (ulong)i << 13), null)),
    ];
}
