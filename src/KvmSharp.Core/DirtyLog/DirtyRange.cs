using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.DirtyLog;

/// <summary>Pages of a slot that were written.</summary>
/// <param name="Slot">The slot, as it was when its log was harvested.</param>
/// <param name="FirstPage">Pages above the slot's first.</param>
/// <param name="PageCount">Pages, at least one.</param>
public readonly record struct DirtyRange(MemorySlot Slot, ulong FirstPage, ulong PageCount)
{
    /// <summary>The guest frames.</summary>
    public GfnRange Frames => new(Slot.Base + FirstPage, PageCount);

    /// <summary>The host memory.</summary>
    public HvaRange HvaRange => new(Slot.Hva + (FirstPage << Page.Shift), PageCount << Page.Shift);
}
