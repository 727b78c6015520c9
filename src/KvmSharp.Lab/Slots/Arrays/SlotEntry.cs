using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>A slot by value, as KVM's arrays held it: what searches compare stands in the array itself.</summary>
/// <typeparam name="TRest">What else stood there.</typeparam>
readonly struct SlotEntry<TRest> : ISlotElement
    where TRest : struct, IKernelFields
{
    // A reference, two addresses, the number of pages and the id.
    const int OwnSize = 32;

    readonly uint _pages;
    readonly TRest _rest;

    internal SlotEntry(MemorySlot slot)
    {
        Slot = slot;
        Base = slot.Base.Value;
        Hva = slot.Hva.Value;
        _pages = (uint)slot.PageCount;
        Id = slot.Id.Value;
        _rest = default;
    }

    /// <summary>Bytes of an element.</summary>
    internal static int Size => OwnSize + TRest.Size;

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
