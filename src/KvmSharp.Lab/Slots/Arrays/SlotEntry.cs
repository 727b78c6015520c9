using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>
/// A slot by value, as KVM's arrays held it: what searches compare stands in the array itself. KVM's element also held the
/// bitmap, the flags and the architecture's pointers, which here belong to the slot object.
/// </summary>
readonly struct SlotEntry : ISlotElement
{
    /// <summary>Bytes of an element: a reference, two addresses, the number of pages and the id.</summary>
    internal const int Size = 32;

    readonly uint _pages;

    internal SlotEntry(MemorySlot slot)
    {
        Slot = slot;
        Base = slot.Base.Value;
        Hva = slot.Hva.Value;
        _pages = (uint)slot.PageCount;
        Id = slot.Id.Value;
    }

    /// <inheritdoc/>
    public MemorySlot Slot { get; }

    /// <inheritdoc/>
    public ulong Base { get; }

    /// <inheritdoc/>
    public ulong Hva { get; }

    /// <inheritdoc/>
    public ulong HvaLast => Hva + (((ulong)_pages << Page.Shift) - 1);

    /// <inheritdoc/>
    public ushort Id { get; }

    internal ulong End => Base + _pages;

    internal ulong Pages => _pages;

    internal bool Contains(Gfn gfn) => gfn.Value - Base < _pages;
}
