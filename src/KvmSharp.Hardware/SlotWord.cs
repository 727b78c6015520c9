using KvmSharp.Slots;

namespace KvmSharp.Hardware;

/// <summary>KVM's one word for address space and slot id.</summary>
static class SlotWord
{
    internal const int SpaceShift = 16;

    internal static uint Of(AddressSpaceId space, SlotId id) => (uint)space.Value << SpaceShift | id.Value;
}
