using System;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>Changing slots, through the whole protocol of a machine with no vCPU.</summary>
static class SlotUpdates
{
    internal const int TransactionChanges = 64;

    /// <summary>One slot comes, between others, and goes; there are <paramref name="count"/> while it is there.</summary>
    internal static ScaleMeasure AddAndRemove(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using SlotCrowd crowd = new SlotCrowd(store, count - 1, room: 1).Aged();
        int[] places = SlotLookups.PickSlots(count);
        int next = 0;
        return clock.Time(pairs =>
        {
            for (long pair = 0; pair < pairs; pair++)
            {
                crowd.Slots.Set(crowd.Region(count - 1, SlotCrowd.FrameOf(Next(places, ref next)) + 1));
                crowd.Slots.Delete(new SlotId((ushort)(count - 1)));
            }
        });
    }

    /// <summary>One slot after the other moves to the free frame beside it, or back.</summary>
    internal static ScaleMeasure Move(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using SlotCrowd crowd = new SlotCrowd(store, count).Aged();
        Action<long> move = Mover(crowd);
        return clock.Time(move);
    }

    /// <summary>Moves slots of a crowd, as many times as it is asked to.</summary>
    internal static Action<long> Mover(SlotCrowd crowd)
    {
        int[] slots = SlotLookups.PickSlots(crowd.Count);
        bool[] isAway = new bool[crowd.Count];
        int next = 0;
        return moves =>
        {
            for (long move = 0; move < moves; move++)
            {
                int slot = Next(slots, ref next);
                isAway[slot] = !isAway[slot];
                Gfn frame = SlotCrowd.FrameOf(slot) + (isAway[slot] ? 1UL : 0);
                crowd.Slots.Move(new SlotId((ushort)slot), frame.Base);
            }
        };
    }

    /// <summary>Logging is switched on or off for one slot after the other.</summary>
    internal static ScaleMeasure SetFlags(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using SlotCrowd crowd = new SlotCrowd(store, count).Aged();
        Action<long> flagger = Flagger(crowd);
        return clock.Time(flagger);
    }

    /// <summary>Changes flags in a crowd, as many times as it is asked to.</summary>
    internal static Action<long> Flagger(SlotCrowd crowd)
    {
        int[] slots = SlotLookups.PickSlots(crowd.Count);
        bool[] isLogged = new bool[crowd.Count];
        int next = 0;
        return changes =>
        {
            for (long change = 0; change < changes; change++)
            {
                int slot = Next(slots, ref next);
                isLogged[slot] = !isLogged[slot];
                crowd.Slots.SetFlags(new SlotId((ushort)slot), isLogged[slot] ? SlotFlags.LogDirty : SlotFlags.None);
            }
        };
    }

    /// <summary>Slots come, between others, in one transaction, and go in the next.</summary>
    internal static ScaleMeasure Transact(SlotStoreDesign store, int count, ScaleClock clock)
    {
        int resident = Math.Min(count, SlotLimits.UserSlots - TransactionChanges);
        using SlotCrowd crowd = new SlotCrowd(store, resident, room: TransactionChanges).Aged();
        int step = Math.Max(resident / TransactionChanges, 1);
        SlotTransaction creating = crowd.Slots.BeginTransaction();
        SlotTransaction deleting = crowd.Slots.BeginTransaction();
        for (int change = 0; change < TransactionChanges; change++)
        {
            creating.Set(crowd.Region(resident + change, SlotCrowd.FrameOf(change * step) + 1));
            deleting.Delete(new SlotId((ushort)(resident + change)));
        }
        bool areThere = false;
        ScaleMeasure measure = clock.Time(transactions =>
        {
            for (long transaction = 0; transaction < transactions; transaction++)
            {
                (areThere ? deleting : creating).Apply();
                areThere = !areThere;
            }
        });
        return resident == count ? measure : measure with { Note = $"with {resident} slots, so that there are ids for more" };
    }

    /// <summary>All slots are created, one at a time.</summary>
    internal static ScaleMeasure Build(SlotStoreDesign store, int count, ScaleClock clock) => clock.TimeFresh(
        () => new SlotCrowd(store, 0, room: count),
        crowd =>
        {
            for (int slot = 0; slot < count; slot++)
                crowd.Slots.Set(crowd.Region(slot, SlotCrowd.FrameOf(slot)));
        },
        count);

    static int Next(int[] slots, ref int next)
    {
        int slot = slots[next];
        next = next + 1 == slots.Length ? 0 : next + 1;
        return slot;
    }
}
