using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Checkpoints;

/// <summary>A slot as it was when the checkpoint was taken.</summary>
/// <param name="Space">The address space.</param>
/// <param name="Id">The user's name for it.</param>
/// <param name="Frames">The guest frames.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="ImagePage">Where the content of its first page is kept: a page of the checkpoint's image.</param>
public readonly record struct CheckpointSlot(
    AddressSpaceId Space, SlotId Id, GfnRange Frames, SlotFlags Flags, ulong ImagePage);
