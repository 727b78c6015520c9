using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>One change as a caller states it; what it leaves open is taken from the slot when it is applied.</summary>
struct SlotEdit
{
    /// <summary>The region wanted; for <see cref="SlotEditKind.Move"/> and <see cref="SlotEditKind.SetFlags"/> in part.</summary>
    internal MemoryRegion Region;

    internal SlotEditKind Kind;

    /// <summary>The definition to put in place, once the checks are passed; meaningless for a delete.</summary>
    internal SlotDefinition Definition;

    internal static SlotEdit Set(in MemoryRegion region) => new() { Region = region, Kind = SlotEditKind.Set };

    internal static SlotEdit Delete(SlotId id) => new() { Region = new MemoryRegion { Id = id }, Kind = SlotEditKind.Set };

    internal static SlotEdit Move(SlotId id, Gpa gpa) =>
        new() { Region = new MemoryRegion { Id = id, Gpa = gpa }, Kind = SlotEditKind.Move };

    internal static SlotEdit SetFlags(SlotId id, SlotFlags flags) =>
        new() { Region = new MemoryRegion { Id = id, Flags = flags }, Kind = SlotEditKind.SetFlags };
}

/// <summary>Which fields of a <see cref="SlotEdit"/> the caller gave.</summary>
enum SlotEditKind
{
    /// <summary>All: KVM's own call.</summary>
    Set,

    /// <summary>The guest address; the rest is the slot's.</summary>
    Move,

    /// <summary>The flags; the rest is the slot's.</summary>
    SetFlags,
}
