using System;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>Finding slots.</summary>
static class SlotLookups
{
    // Lookups of one round; a power of two, so that going round is a mask.
    const int Round = 1 << 12;
    const int Seed = 1;

    internal static ScaleMeasure Random(SlotCrowd crowd, ScaleClock clock)
    {
        var random = new Random(Seed);
        var frames = new Gfn[Round];
        for (int index = 0; index < frames.Length; index++)
            frames[index] = SlotCrowd.FrameOf(random.Next(crowd.Count));
        return Find(crowd, clock, frames);
    }

    internal static ScaleMeasure Repeated(SlotCrowd crowd, ScaleClock clock)
    {
        MemorySlots slots = crowd.Machine.Slots;
        Gfn frame = SlotCrowd.FrameOf(crowd.Count / 2);
        return clock.Time(count =>
        {
            LastUsedSlot last = default;
            int missing = 0;
            for (long lookup = 0; lookup < count; lookup++)
                missing += slots.TryFind(frame, ref last, out _) ? 0 : 1;
            RequireNone(missing);
        });
    }

    static ScaleMeasure Find(SlotCrowd crowd, ScaleClock clock, Gfn[] frames)
    {
        SlotStore store = crowd.Machine.Slots.SpaceOf(default).Store;
        return clock.Time(count =>
        {
            using ReadSection section = crowd.Machine.EnterReadSection();
            int missing = 0;
            for (long lookup = 0; lookup < count; lookup++)
                missing += store.Active.FindWithoutCache(frames[lookup & (Round - 1)]) is null ? 1 : 0;
            RequireNone(missing);
        });
    }

    static void RequireNone(int missing)
    {
        if (missing != 0)
            throw new InvalidOperationException($"{missing} slots were not found");
    }
}
