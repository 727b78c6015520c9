using System;
using System.Diagnostics.CodeAnalysis;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;

namespace KvmSharp.Slots;

// Giving guest memory back to the host.
public sealed partial class MemorySlots
{
    /// <summary>
    /// Drops the content of guest frames, and the host memory behind them where the platform can: what a balloon or a memory
    /// device does with pages that the guest has given up. The guest keeps its slots and finds in the pages what their owner
    /// says (<see cref="HostMapping.Discard(ulong, ulong)"/>), zero in anonymous memory.
    /// </summary>
    /// <remarks>
    /// Slots that lie side by side in the guest and in anonymous host memory are discarded together, by one call to the host,
    /// and with the default store at a cost that does not depend on how many they are. Frames without a slot are passed over.
    /// All slots are checked before anything is discarded; when the host refuses a part, those before it are discarded already.
    /// Slots do not change meanwhile. Not for callers inside a read section or a host invalidation.
    /// </remarks>
    /// <param name="frames">The guest frames.</param>
    /// <param name="space">The address space.</param>
    /// <returns>Pages discarded.</returns>
    /// <exception cref="NotSupportedException">A slot's memory has no owner (<see cref="MemorySlot.Backing"/>), or one that
    /// may not discard it.</exception>
    /// <exception cref="HostMemoryException">The host refused.</exception>
    public ulong Discard(GfnRange frames, AddressSpaceId space = default)
    {
        ReadSections.ThrowIfInside();
        lock (_slotsLock)
        {
            SlotSet slots = SpaceOf(space).Store.Active;
            GfnRange left = frames;
            while (TryTakeRow(slots, ref left, out MemorySlot? first, out _))
                RequireDiscardable(first);

            ulong pages = 0;
            left = frames;
            while (TryTakeRow(slots, ref left, out MemorySlot? first, out GfnRange row))
            {
                // No slot goes while the lock is held, so neither does the memory that slots hold.
                first.Backing!.DiscardInGroup(new HvaRange(first.ToHva(row.Start), row.Count << Page.Shift));
                pages += row.Count;
            }
            return pages;
        }
    }

    // The first row of slots in the range, which goes on behind it; `first` is the slot that the row begins in.
    static bool TryTakeRow(SlotSet slots, ref GfnRange left, [NotNullWhen(true)] out MemorySlot? first, out GfnRange row)
    {
        row = default;
        first = left.IsEmpty ? null : slots.FirstFrom(left.Start);
        if (first is null || first.Base >= left.End)
            return false;
        row = GfnRange.Between(first.Base > left.Start ? first.Base : left.Start, slots.EndOfRow(first, left.End));
        left = GfnRange.Between(row.End, left.End);
        return true;
    }

    static void RequireDiscardable(MemorySlot slot)
    {
        if (slot.Backing is null)
            throw new NotSupportedException($"{slot}: nobody owns the host memory behind the slot, so nobody may discard it");
        slot.Backing.RequireDiscardable();
    }
}
