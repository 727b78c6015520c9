namespace KvmSharp.Slots;

/// <summary>
/// One slot's part in an update: created (no old), deleted (no new), moved (another base) or re-flagged (same base).
/// </summary>
public struct SlotChange
{
    /// <summary>The slot in place before the update; none for a create.</summary>
    public MemorySlot? Old;

    /// <summary>
    /// What lookups of the old range find between the hiding and the final publication: a slot with
    /// <see cref="SlotFlags.Invalid"/>. Set by the store when it stages <see cref="SlotStep.Hide"/>.
    /// </summary>
    public MemorySlot? Hidden;

    /// <summary>The slot in place after the update; none for a delete.</summary>
    public MemorySlot? New;

    /// <summary>Whether the old range stops being backed by the old memory: a delete or a move.</summary>
    public readonly bool RemovesMemory => Old is not null && (New is null || New.Base != Old.Base);
}

/// <summary>The steps in which a store carries out an update.</summary>
public enum SlotStep
{
    /// <summary>Every slot that loses its place is to be found as invalid.</summary>
    Hide,

    /// <summary>The slots hidden before are to be found as they were: the update has failed.</summary>
    Restore,

    /// <summary>The new slots take the place of the old ones.</summary>
    Apply,
}
