using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

/// <summary>A page that was written, as a dirty ring tells it.</summary>
/// <param name="Space">The address space.</param>
/// <param name="Slot">The slot through which it was written.</param>
/// <param name="Page">The page, counted from the slot's first.</param>
public readonly record struct DirtyPage(AddressSpaceId Space, SlotId Slot, ulong Page);
