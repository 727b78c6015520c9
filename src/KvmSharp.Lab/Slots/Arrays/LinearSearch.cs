using System;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>Searches that look at every slot, in whatever order the slots stand.</summary>
static class LinearSearch
{
    /// <summary>The position of the slot that covers a frame; −1 when none does.</summary>
    internal static int Find<TRest>(ReadOnlySpan<SlotEntry<TRest>> entries, Gfn gfn)
        where TRest : struct, IKernelFields
    {
        for (int index = 0; index < entries.Length; index++)
        {
            if (entries[index].Contains(gfn))
                return index;
        }
        return -1;
    }

    /// <summary>The position of the slot of an id; −1 when there is none.</summary>
    internal static int FindById<T>(ReadOnlySpan<T> elements, SlotId id)
        where T : struct, ISlotElement
    {
        for (int index = 0; index < elements.Length; index++)
        {
            if (elements[index].Id == id.Value)
                return index;
        }
        return -1;
    }

    /// <summary>The lowest slot that ends above a frame.</summary>
    internal static MemorySlot? FirstFrom<TRest>(ReadOnlySpan<SlotEntry<TRest>> entries, Gfn gfn)
        where TRest : struct, IKernelFields
    {
        int first = -1;
        ulong lowest = ulong.MaxValue;
        for (int index = 0; index < entries.Length; index++)
        {
            ref readonly SlotEntry<TRest> entry = ref entries[index];
            if (entry.End <= gfn.Value || entry.Base >= lowest)
                continue;
            first = index;
            lowest = entry.Base;
        }
        return first < 0 ? null : entries[first].Slot;
    }

    /// <summary>The highest slot.</summary>
    internal static MemorySlot? Last<TRest>(ReadOnlySpan<SlotEntry<TRest>> entries)
        where TRest : struct, IKernelFields
    {
        MemorySlot? last = null;
        foreach (ref readonly SlotEntry<TRest> entry in entries)
        {
            if (last is null || entry.Base > last.Base.Value)
                last = entry.Slot;
        }
        return last;
    }

    /// <summary>
    /// The next slot, by host address and then by id, whose host memory meets a range: one look at every slot, for each slot
    /// that a walk meets and once more for its end.
    /// </summary>
    internal static MemorySlot? NextByHva<T>(ReadOnlySpan<T> elements, HvaRange range, MemorySlot? after)
        where T : struct, ISlotElement
    {
        ulong start = range.Start.Value;
        ulong last = range.Last.Value;
        int next = -1;
        for (int index = 0; index < elements.Length; index++)
        {
            ref readonly T element = ref elements[index];
            if (element.Hva > last || element.HvaLast < start)
                continue;
            if (after is not null && !IsBefore(after.Hva.Value, after.Id.Value, element))
                continue;
            if (next < 0 || IsBefore(element.Hva, element.Id, elements[next]))
                next = index;
        }
        return next < 0 ? null : elements[next].Slot;
    }

    static bool IsBefore<T>(ulong hva, ushort id, in T element)
        where T : struct, ISlotElement =>
        hva < element.Hva || (hva == element.Hva && id < element.Id);
}
