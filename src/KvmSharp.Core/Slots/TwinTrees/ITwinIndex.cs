namespace KvmSharp.Slots.TwinTrees;

/// <summary>
/// Which of the two sets code works on. A type argument instead of a field: the generated code of each set reads its
/// own nodes at a fixed offset.
/// </summary>
interface ITwinIndex
{
    /// <summary>0 or 1.</summary>
    static abstract int Value { get; }

    /// <summary>The nodes by which <paramref name="slot"/> hangs in this set.</summary>
    static abstract ref SlotNodes Nodes(TwinSlot slot);
}
