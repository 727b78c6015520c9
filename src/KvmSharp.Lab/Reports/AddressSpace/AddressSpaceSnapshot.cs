using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.SecondStage;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Reports.AddressSpace;

/// <summary>A machine's guest-physical address space at one moment.</summary>
/// <param name="Slots">Its slots, by ascending address.</param>
/// <param name="TableBytes">Bytes in the tables of its second stage.</param>
public sealed record AddressSpaceSnapshot(IReadOnlyList<SlotSnapshot> Slots, long TableBytes)
{
    /// <summary>Looks at a machine's normal address space. vCPUs that run meanwhile may be caught half way.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="names">What its slots are for.</param>
    public static AddressSpaceSnapshot Of(VirtualMachine machine, IReadOnlyDictionary<SlotId, string> names)
    {
        ArgumentNullException.ThrowIfNull(machine);
        SecondStageTable table = machine.Mmu.Table(default);
        var slots = new List<SlotSnapshot>();
        foreach (MemorySlot slot in machine.Slots.Snapshot().All)
        {
            slots.Add(new SlotSnapshot(
                names.TryGetValue(slot.Id, out string? name) ? name : $"slot {slot.Id.Value}",
                slot.Frames,
                slot.Flags,
                [.. JoinLeaves(table.ListLeaves(slot.Frames))],
                [.. slot.DirtyBitmap is { } bitmap ? JoinDirty(bitmap, slot.Base) : []]));
        }
        return new AddressSpaceSnapshot([.. slots.OrderBy(slot => slot.Frames.Start)], table.TableBytes);
    }

    static IEnumerable<LeafRun> JoinLeaves(IReadOnlyList<MappedLeaf> leaves)
    {
        LeafRun? run = null;
        foreach (MappedLeaf leaf in leaves)
        {
            if (run is { } open && open.Level == leaf.Level && open.Frames.End == leaf.Base)
            {
                run = open with { Leaves = open.Leaves + 1 };
                continue;
            }
            if (run is not null)
                yield return run.Value;
            run = new LeafRun(leaf.Base, leaf.Level, 1);
        }
        if (run is not null)
            yield return run.Value;
    }

    static IEnumerable<GfnRange> JoinDirty(DirtyBitmap bitmap, Gfn slotBase)
    {
        ulong begin = 0, length = 0;
        for (ulong page = 0; page < bitmap.PageCount; page++)
        {
            if (bitmap.IsMarked(page))
            {
                if (length++ == 0)
                    begin = page;
            }
            else if (length > 0)
            {
                yield return new GfnRange(slotBase + begin, length);
                length = 0;
            }
        }
        if (length > 0)
            yield return new GfnRange(slotBase + begin, length);
    }
}

/// <summary>A slot at one moment.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Frames">Where it lies.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Leaves">What the second stage maps of it, by ascending address.</param>
/// <param name="Dirty">The pages written since logging began, by ascending address.</param>
public sealed record SlotSnapshot(
    string Name, GfnRange Frames, SlotFlags Flags, IReadOnlyList<LeafRun> Leaves, IReadOnlyList<GfnRange> Dirty)
{
    /// <summary>Leaves of one size.</summary>
    public long CountLeaves(PageLevel level) => Leaves.Where(run => run.Level == level).Sum(run => run.Leaves);

    /// <summary>Pages written since logging began.</summary>
    public ulong DirtyPages => Dirty.Aggregate(0UL, (sum, run) => sum + run.Count);
}

/// <summary>Leaves of one size that follow each other without a gap.</summary>
/// <param name="Start">The first frame.</param>
/// <param name="Level">Their size.</param>
/// <param name="Leaves">How many there are.</param>
public readonly record struct LeafRun(Gfn Start, PageLevel Level, long Leaves)
{
    /// <summary>The frames they map.</summary>
    public GfnRange Frames => new(Start, (ulong)Leaves * Level.PageCount);
}
