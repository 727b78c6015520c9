using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

/// <summary>A page in a dirty ring (<c>struct kvm_dirty_gfn</c>).</summary>
/// <param name="Flags">Whether the entry is free, waits to be harvested, or was harvested.</param>
/// <param name="Slot">The slot's address space in bits 16–31, its id in bits 0–15.</param>
/// <param name="Offset">Pages above the slot's first.</param>
public readonly record struct DirtyRingEntry(DirtyRingFlags Flags, uint Slot, ulong Offset)
{
    const int SpaceShift = 16;

    /// <summary>The page.</summary>
    public DirtyPage Page => new(new AddressSpaceId((byte)(Slot >> SpaceShift)), new SlotId((ushort)Slot), Offset);
}
