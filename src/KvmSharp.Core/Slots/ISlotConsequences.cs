using System;

namespace KvmSharp.Slots;

/// <summary>What a slot change does to the rest of the machine. Called by the slots' one writer, under the slots lock.</summary>
interface ISlotConsequences
{
    /// <summary>Whether the machine takes no more changes.</summary>
    bool IsDead { get; }

    /// <summary>Whether writes to logged slots are recorded in bitmaps, rather than in rings of the vCPUs.</summary>
    bool UsesDirtyBitmaps { get; }

    /// <summary>
    /// Slots that lose their place are now found as invalid. On return no vCPU can use a translation of their frames.
    /// </summary>
    void Hidden(AddressSpaceId space, ReadOnlySpan<SlotChange> changes);

    /// <summary>The update is visible. What follows from changed flags is done on return.</summary>
    void Committed(AddressSpaceId space, ReadOnlySpan<SlotChange> changes);
}
