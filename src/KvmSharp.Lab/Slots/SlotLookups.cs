using System;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>Finding slots. A lookup that finds none is an error.</summary>
static class SlotLookups
{
    // Random lookups of one round; a power of two, so that going round is a mask.
    const int Round = 1 << 12;
    const int Seed = 1;

    internal static ScaleMeasure Random(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new SlotCrowd(store, count);
        Gfn[] frames = Array.ConvertAll(PickSlots(count), SlotCrowd.FrameOf);
        return Find(crowd, clock, frames);
    }

    internal static ScaleMeasure Sequential(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new SlotCrowd(store, count);
        var frames = new Gfn[count];
        for (int slot = 0; slot < count; slot++)
            frames[slot] = SlotCrowd.FrameOf(slot);
        return Find(crowd, clock, frames);
    }

    /// <summary>As a vCPU or a device looks up, with a memory of its own.</summary>
    internal static ScaleMeasure Repeated(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new SlotCrowd(store, count);
        Gfn frame = SlotCrowd.FrameOf(count / 2);
        return clock.Time(lookups =>
        {
            LastUsedSlot last = default;
            int missing = 0;
            for (long lookup = 0; lookup < lookups; lookup++)
                missing += crowd.Slots.TryFind(frame, ref last, out _) ? 0 : 1;
            RequireNone(missing);
        });
    }

    internal static ScaleMeasure ByHva(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new SlotCrowd(store, count);
        HvaRange[] pages = Array.ConvertAll(PickSlots(count), crowd.HostPageOf);
        return clock.Time(lookups =>
        {
            using ReadSection section = crowd.Machine.EnterReadSection();
            long missing = lookups;
            for (long lookup = 0; lookup < lookups; lookup++)
            {
                foreach (MemorySlot _ in crowd.Store.Active.InRange(pages[lookup & (Round - 1)]))
                    missing--;
            }
            RequireNone(missing);
        });
    }

    internal static ScaleMeasure ById(SlotStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new SlotCrowd(store, count);
        SlotId[] ids = Array.ConvertAll(PickSlots(count), slot => new SlotId((ushort)slot));
        return clock.Time(lookups =>
        {
            using ReadSection section = crowd.Machine.EnterReadSection();
            int missing = 0;
            for (long lookup = 0; lookup < lookups; lookup++)
                missing += crowd.Store.Active.FindById(ids[lookup & (Round - 1)]) is null ? 1 : 0;
            RequireNone(missing);
        });
    }

    /// <summary>Slots in no order, the same ones each time.</summary>
    internal static int[] PickSlots(int count)
    {
        var random = new Random(Seed);
        int[] slots = new int[Round];
        for (int index = 0; index < slots.Length; index++)
            slots[index] = random.Next(count);
        return slots;
    }

    static ScaleMeasure Find(SlotCrowd crowd, ScaleClock clock, Gfn[] frames) => clock.Time(lookups =>
    {
        using ReadSection section = crowd.Machine.EnterReadSection();
        int missing = 0;
        int index = 0;
        for (long lookup = 0; lookup < lookups; lookup++)
        {
            missing += crowd.Store.Active.FindWithoutCache(frames[index]) is null ? 1 : 0;
            if (++index == frames.Length)
                index = 0;
        }
        RequireNone(missing);
    });

    static void RequireNone(long missing)
    {
        if (missing != 0)
            throw new InvalidOperationException($"{missing} slots were not found");
    }
}
