using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.SortedArrays;

/// <summary>
/// KVM's design until 2021, before its trees: an array in order of guest frame with a binary search, a table from each
/// possible id to its position, the last-used slot, and a walk over all slots to find those of a host range. Array and
/// table are copied whole for each publication.
/// </summary>
public sealed class SortedArrayStore : CopyingStore
{
    /// <summary>An empty store.</summary>
    public SortedArrayStore()
        : base(new SortedArraySet())
    {
    }

    /// <summary>The design, by its name on the command line.</summary>
    public static SlotStoreDesign Design { get; } = new("sorted-array", static () => new SortedArrayStore());
}
