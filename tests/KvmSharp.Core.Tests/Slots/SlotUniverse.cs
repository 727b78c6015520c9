using System;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Tests.Slots;

/// <summary>How large a world of random slots is. Small worlds meet every edge often.</summary>
/// <param name="Name">For failure messages.</param>
/// <param name="MaxSlots">Slots at most.</param>
/// <param name="FirstFrame">Where the guest frames begin.</param>
/// <param name="FrameUnits">How many units of guest frames there are.</param>
/// <param name="PagesPerUnit">Pages in a unit.</param>
/// <param name="HvaUnits">How many units of host memory there are: the fewer, the more aliases; with none, slots never share
/// host memory and begin in step with their neighbours.</param>
/// <param name="Operations">Updates in a run.</param>
/// <param name="CheckEvery">Updates from one check of the invariants to the next.</param>
sealed record SlotUniverse(
    string Name, int MaxSlots, ulong FirstFrame, int FrameUnits, ulong PagesPerUnit, int HvaUnits, int Operations,
    int CheckEvery = 1)
{
    const ulong FramesOfTheGuest = 1UL << (SlotLimits.GuestAddressBits - Page.Shift);

    /// <summary>Worlds in which any design is fast; their updates add up to a million.</summary>
    public static SlotUniverse[] OfFewSlots { get; } =
    [
        new("from frame 0", 4, 0, 12, 1, 6, 340_000),
        new("up to the last frame", 6, FramesOfTheGuest - 16, 16, 1, 4, 320_000),
        new("all aliases", 10, 0x100, 32, 1, 1, 120_000),
        new("huge slots", 5, 0, 40, SlotLimits.MaxPagesPerSlot / 8, 8, 120_000),
        new("colliding ids", 40, 0, 128, 1, 64, 100_000, CheckEvery: 8),
    ];

    /// <summary>Worlds in which looking at every slot takes its time.</summary>
    public static SlotUniverse[] OfManySlots { get; } =
    [
        new("middling", 200, 0, 600, 1, 300, 20_000, CheckEvery: 50),
        new("in rows", 80, 0, 160, 1, 0, 30_000, CheckEvery: 8),
        new("in long rows", 2_000, 0, 2_400, 1, 0, 3_000, CheckEvery: 500),
        new("large", 2_000, 0, 6_000, 1, 3_000, 4_000, CheckEvery: 1_000),
    ];

    /// <summary>The frame after the last.</summary>
    public ulong EndFrame => FirstFrame + ((ulong)FrameUnits * PagesPerUnit);

    /// <summary>An id; small worlds reuse few, and the two ends of what is allowed.</summary>
    public SlotId PickId(Random random)
    {
        int number = random.Next(MaxSlots * 2);
        // Ids that are 128 apart often share a chain of KVM's hash; the last ids are the machine's own.
        return new SlotId((ushort)((number & 1) == 0 ? number * 64 % SlotLimits.TotalSlots : SlotLimits.TotalSlots - 1 - number));
    }

    /// <summary>A length in pages, short ones most of the time.</summary>
    public ulong PickPages(Random random)
    {
        int most = Math.Max(1, FrameUnits / MaxSlots * 2);
        int units = random.Next(8) switch
        {
            0 => random.Next(1, Math.Min(FrameUnits, 8) + 1),
            < 4 => 1,
            _ => random.Next(1, most + 1),
        };
        return Math.Min((ulong)units * PagesPerUnit, SlotLimits.MaxPagesPerSlot);
    }

    /// <summary>A base at which <paramref name="pages"/> fit, often right beside or within another slot.</summary>
    public ulong PickBase(Random random, SlotModel model, ulong pages)
    {
        ulong last = EndFrame - pages;
        if (model.Count > 0 && random.Next(3) == 0)
        {
            MemorySlot neighbour = model[random.Next(model.Count)];
            ulong gfn = random.Next(4) switch
            {
                0 => neighbour.End.Value,
                1 => neighbour.Base.Value - pages,
                2 => neighbour.Base.Value + 1,
                _ => neighbour.Base.Value - 1,
            };
            if (gfn >= FirstFrame && gfn <= last)
                return gfn;
        }
        return random.Next(16) switch
        {
            0 => FirstFrame,
            1 => last,
            _ => FirstFrame + (ulong)random.NextInt64((long)((last - FirstFrame) / PagesPerUnit) + 1) * PagesPerUnit,
        };
    }

    /// <summary>Host memory for a slot, often another slot's.</summary>
    public Hva PickHva(Random random, SlotModel model, GfnRange frames)
    {
        if (HvaUnits == 0)
            return InStep(model, frames);
        if (model.Count > 0 && random.Next(4) == 0)
            return model[random.Next(model.Count)].Hva;
        return new Hva(((ulong)random.Next(HvaUnits) * PagesPerUnit) << Page.Shift);
    }

    // As far from its frames as its neighbours' is, unless a slot that has moved away still has that memory.
    Hva InStep(SlotModel model, GfnRange frames)
    {
        var memory = new HvaRange(new Hva(frames.Start.Value << Page.Shift), frames.Count << Page.Shift);
        while (model.Uses(memory))
            memory = new HvaRange(memory.Start + (EndFrame << Page.Shift), memory.Length);
        return memory.Start;
    }

    /// <summary>A frame at or beside an edge of a slot, or anywhere.</summary>
    public Gfn PickFrame(Random random, SlotModel model)
    {
        if (model.Count > 0 && random.Next(4) != 0)
        {
            MemorySlot slot = model[random.Next(model.Count)];
            return new Gfn((random.Next(2) == 0 ? slot.Base : slot.End).Value + (ulong)random.Next(3) - 1);
        }
        return random.Next(16) switch
        {
            0 => new Gfn(0),
            1 => new Gfn(ulong.MaxValue),
            2 => new Gfn(FramesOfTheGuest - 1),
            _ => new Gfn(FirstFrame + (ulong)random.NextInt64((long)(EndFrame - FirstFrame))),
        };
    }

    /// <summary>A byte at or beside an edge of a slot's host memory, or anywhere.</summary>
    public Hva PickByte(Random random, SlotModel model)
    {
        if (model.Count > 0 && random.Next(4) != 0)
        {
            HvaRange memory = model[random.Next(model.Count)].HvaRange;
            ulong edge = (random.Next(2) == 0 ? memory.Start : memory.End).Value;
            return new Hva(Math.Max(edge, 1) + (ulong)random.Next(3) - 1);
        }
        ulong units = HvaUnits == 0 ? EndFrame : (ulong)HvaUnits * PagesPerUnit;
        return new Hva((ulong)random.NextInt64((long)(units << Page.Shift)));
    }
}
