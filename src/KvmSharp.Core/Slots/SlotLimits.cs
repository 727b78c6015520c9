namespace KvmSharp.Slots;

/// <summary>The limits that KVM sets on memory slots.</summary>
public static class SlotLimits
{
    /// <summary>Slots that a user may set in each address space (<c>KVM_CAP_NR_MEMSLOTS</c>): ids below this.</summary>
    public const int UserSlots = TotalSlots - InternalSlots;

    /// <summary>Ids at and above <see cref="UserSlots"/> that belong to the machine itself.</summary>
    public const int InternalSlots = 3;

    /// <summary>All ids (<c>KVM_MEM_SLOTS_NUM</c>): they are kept in a signed 16-bit field.</summary>
    public const int TotalSlots = short.MaxValue;

    /// <summary>Pages in a slot at most (<c>KVM_MEM_MAX_NR_PAGES</c>).</summary>
    public const ulong MaxPagesPerSlot = int.MaxValue;

    /// <summary>Bits of a guest physical address, unless a VM is created with fewer.</summary>
    public const int GuestAddressBits = 52;

    /// <summary>Address spaces of a VM: normal and system-management mode.</summary>
    public const int AddressSpaces = 2;

    /// <summary>The first host virtual address that is not the user's, with four-level host paging.</summary>
    public const ulong UserHvaEnd = 0x7FFF_FFFF_F000;
}
