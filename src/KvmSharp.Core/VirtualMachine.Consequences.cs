using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.SecondStage;
using KvmSharp.Slots;

namespace KvmSharp;

// What happens to one part of the machine when another changes.
partial class VirtualMachine : ISlotConsequences, IRemoteTlbs, IHostInvalidationListener
{
    /// <inheritdoc/>
    void ISlotConsequences.Hidden(AddressSpaceId space, ReadOnlySpan<SlotChange> changes) => Mmu.ZapHidden(space, changes);

    /// <inheritdoc/>
    void ISlotConsequences.Committed(AddressSpaceId space, ReadOnlySpan<SlotChange> changes)
    {
        DirtyTracking.Committed(changes);
        Mmu.ChangeLogging(space, changes);
    }

    /// <inheritdoc/>
    bool ISlotConsequences.UsesDirtyBitmaps => DirtyTracking.UsesBitmaps;

    /// <inheritdoc/>
    void IRemoteTlbs.Flush() => Vcpus.FlushRemoteTlbs();

    /// <inheritdoc/>
    void IHostInvalidationListener.BeginInvalidation(HvaRange range)
    {
        // The wait below would be for this thread itself. Refused before anything has begun, since who throws is told no
        // end.
        ReadSections.ThrowIfInside();
        // From here until the end no slots are published, so that the end finds the same slots.
        Slots.Gate.BeginInvalidation();
        bool found = false;
        using (Sections.Enter())
        {
            Mmu.Invalidator invalidator = Mmu.Invalidate();
            try
            {
                foreach (SlotSpace space in Slots.Spaces)
                {
                    // Small slots mostly lie side by side in the guest too: one zap for all of a row.
                    GfnRange row = default;
                    foreach (GfnRange frames in space.Store.Active.RowsInRange(range))
                    {
                        if (row.TryJoin(frames, out GfnRange joined))
                        {
                            row = joined;
                            continue;
                        }
                        invalidator.Begin(space.Id, row);
                        row = frames;
                    }
                    invalidator.Begin(space.Id, row);
                }
                found = invalidator.IsLocked;
            }
            finally
            {
                invalidator.Dispose();
            }
        }
        // vCPUs are out; now whoever reads and writes guest memory from outside.
        if (found)
            Sections.WaitForReaders();
    }

    /// <inheritdoc/>
    void IHostInvalidationListener.EndInvalidation(HvaRange range)
    {
        if (DirtyTracking.RecordsAll)
            RecordHostChange(range);
        using (Sections.Enter())
        {
            foreach (SlotSpace space in Slots.Spaces)
            {
                if (!space.Store.Active.HasAny(range))
                    continue;
                Mmu.Invalidator invalidator = Mmu.Invalidate();
                invalidator.End();
                invalidator.Dispose();
                break;
            }
        }
        Slots.Gate.EndInvalidation();
    }

    // The change first, then the mark, as for any write.
    void RecordHostChange(HvaRange range)
    {
        using (Sections.Enter())
        {
            foreach (SlotSpace space in Slots.Spaces)
            {
                foreach (MemorySlot slot in space.Store.Active.InRange(range))
                {
                    GfnRange frames = slot.ToFrames(range);
                    slot.DirtyBitmap?.MarkRange(frames.Start - slot.Base, frames.Count);
                }
            }
        }
    }

    /// <summary>
    /// Whether the guest has used any of this host memory since it was last asked; forgets it. vCPUs that have the pages
    /// in their TLB may go unnoticed unless <paramref name="flush"/> is set (KVM's <c>clear_young</c> and
    /// <c>clear_flush_young</c>).
    /// </summary>
    public bool ClearYoung(HvaRange range, bool flush = false)
    {
        bool young = false;
        using (Sections.Enter())
        {
            foreach (SlotSpace space in Slots.Spaces)
            {
                foreach (MemorySlot slot in space.Store.Active.InRange(range))
                    young |= Mmu.Age(space.Id, slot.ToFrames(range), flush);
            }
        }
        return young;
    }

    /// <summary>
    /// Whether the guest has used any of this host memory since it was last cleared (KVM's <c>test_young</c>).
    /// </summary>
    public bool IsYoung(HvaRange range)
    {
        using (Sections.Enter())
        {
            foreach (SlotSpace space in Slots.Spaces)
            {
                foreach (MemorySlot slot in space.Store.Active.InRange(range))
                {
                    if (Mmu.Table(space.Id).IsYoung(slot.ToFrames(range)))
                        return true;
                }
            }
        }
        return false;
    }
}
