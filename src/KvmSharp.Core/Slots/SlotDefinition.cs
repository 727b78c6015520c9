using KvmSharp.Addresses;
using KvmSharp.HostMemory;

namespace KvmSharp.Slots;

/// <summary>What a memory slot is made of; every field has passed the checks of the call that brought it.</summary>
/// <param name="Space">The address space it belongs to.</param>
/// <param name="Id">Its name there.</param>
/// <param name="Frames">The guest frames it covers, at least one.</param>
/// <param name="Hva">The host memory behind the first frame.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Backing">The owner of that host memory, when the caller named one.</param>
public readonly record struct SlotDefinition(
    AddressSpaceId Space, SlotId Id, GfnRange Frames, Hva Hva, SlotFlags Flags, HostMapping? Backing = null);
