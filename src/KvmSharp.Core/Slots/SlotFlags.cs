using System;

namespace KvmSharp.Slots;

/// <summary>KVM's flags of a memory slot: bits 0–15 are the user's, bits 16–31 KVM's own.</summary>
[Flags]
public enum SlotFlags : uint
{
    /// <summary>Ordinary memory.</summary>
    None = 0,

    /// <summary>Pages that the guest writes are recorded (<c>KVM_MEM_LOG_DIRTY_PAGES</c>).</summary>
    LogDirty = 1 << 0,

    /// <summary>
    /// Guest writes leave the guest as MMIO (<c>KVM_MEM_READONLY</c>). The machine's own memory does not write there either:
    /// an image goes in through the host mapping.
    /// </summary>
    ReadOnly = 1 << 1,

    /// <summary>
    /// Pages of a file of the machine stand behind the slot, besides the user's memory (<c>KVM_MEM_GUEST_MEMFD</c>; see
    /// <see cref="MemoryRegion.GuestMemory"/>). Such a slot is neither moved, nor logged, nor read-only.
    /// </summary>
    GuestMemfd = 1 << 2,

    /// <summary>The slot is being deleted or moved (<c>KVM_MEMSLOT_INVALID</c>). No user can pass it.</summary>
    Invalid = 1 << 16,
}
