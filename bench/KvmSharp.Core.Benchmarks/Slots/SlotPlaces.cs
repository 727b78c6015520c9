namespace KvmSharp.Benchmarks.Slots;

/// <summary>Where the slots of a measurement lie.</summary>
enum SlotPlaces
{
    /// <summary>Side by side, as KVM's own slot benchmark lays them out.</summary>
    SideBySide,

    /// <summary>One at a random place in each stretch of 64 frames.</summary>
    Scattered,
}
