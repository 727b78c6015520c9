namespace KvmSharp.Slots.SlotTries;

/// <summary>Which pages of a slot a <see cref="RangeTrie{TRange}"/> goes by; a type, so that asking costs nothing.</summary>
interface ISlotRange
{
    /// <summary>The number of the slot's first page.</summary>
    static abstract ulong First(MemorySlot slot);

    /// <summary>The number of the page after the slot's last.</summary>
    static abstract ulong End(MemorySlot slot);
}

/// <summary>Guest frames.</summary>
readonly struct GuestFrames : ISlotRange
{
    public static ulong First(MemorySlot slot) => slot.Base.Value;

    public static ulong End(MemorySlot slot) => slot.End.Value;
}

/// <summary>Pages of host memory.</summary>
readonly struct HostPages : ISlotRange
{
    public static ulong First(MemorySlot slot) => slot.Hva.PageNumber;

    public static ulong End(MemorySlot slot) => slot.Hva.PageNumber + slot.PageCount;
}
