using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots.GuestFiles;

namespace KvmSharp.Slots;

/// <summary>
/// What a caller asks for, unchecked: the argument of <c>KVM_SET_USER_MEMORY_REGION</c> and of
/// <c>KVM_SET_USER_MEMORY_REGION2</c>. A size of zero deletes.
/// </summary>
/// <param name="Id">The user's name for the slot.</param>
/// <param name="Flags">The flags wanted.</param>
/// <param name="Gpa">The first guest physical address.</param>
/// <param name="Size">Bytes; zero deletes the slot.</param>
/// <param name="Hva">The host memory behind <paramref name="Gpa"/>.</param>
public readonly record struct MemoryRegion(SlotId Id, SlotFlags Flags, Gpa Gpa, ulong Size, Hva Hva)
{
    /// <summary>The address space.</summary>
    public AddressSpaceId Space { get; init; }

    /// <summary>
    /// The owner of the host memory, which then stays mapped for as long as the slot is there. Without one, the caller
    /// answers for the memory behind <see cref="Hva"/>: it must stay mapped until the slot is gone, and changes to it
    /// must be announced through <see cref="HostInvalidation"/>.
    /// </summary>
    public HostMapping? Backing { get; init; }

    /// <summary>
    /// Pages of a file of the machine that stand behind a new slot besides the host memory. It says
    /// <see cref="SlotFlags.GuestMemfd"/> by itself.
    /// </summary>
    public GuestMemoryPlace? GuestMemory { get; init; }
}
