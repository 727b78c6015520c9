using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>A reference to a slot: each comparison of a search goes to the slot object.</summary>
readonly struct SlotReference(MemorySlot slot) : ISlotElement
{
    /// <inheritdoc/>
    public MemorySlot Slot => slot;

    /// <inheritdoc/>
    public ulong Base => slot.Base.Value;

    /// <inheritdoc/>
    public ulong Hva => slot.Hva.Value;

    /// <inheritdoc/>
    public ulong HvaLast => slot.HvaRange.Last.Value;

    /// <inheritdoc/>
    public ushort Id => slot.Id.Value;
}
