using System;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.CopiedLists;

/// <summary>
/// What rust-vmm's vm-memory does: an immutable sorted list of references to regions, cloned whole with one more or one
/// less, checked when it has a new one, and put in the old one's place atomically. It knows nothing of ids or of host
/// addresses: both are found by going through the list.
/// </summary>
/// <remarks>
/// That library hides nothing, so a delete clones the list once, as there: the mark of the slot that goes is enough. A
/// move also clones it once, where that library removes and inserts.
/// </remarks>
public sealed class CopiedListStore : ImmutableSetStore
{
    /// <summary>Makes an empty store.</summary>
    public CopiedListStore()
        : base(CopiedListSet.Empty)
    {
    }

    /// <summary>The design, by its name on the command line.</summary>
    public static SlotStoreDesign Design { get; } = new("copied-list", static () => new CopiedListStore());

    /// <inheritdoc/>
    protected override SlotSet Next(SlotSet active, ReadOnlySpan<SlotChange> changes) =>
        ((CopiedListSet)active).With(changes);

    /// <inheritdoc/>
    public override void CheckInvariants() => ((CopiedListSet)Active).CheckInvariants();
}
