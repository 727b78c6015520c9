namespace KvmSharp.Slots.TwinTrees;

/// <summary>A slot's node in one red-black tree.</summary>
/// <remarks>The two children and the key, all that a descent reads, are laid out side by side.</remarks>
struct TreeLinks
{
    public TwinSlot? Parent;
    public TwinSlot? Left;
    public TwinSlot? Right;

    /// <summary>What the tree orders by; a copy, so that a descent reads nothing else of the slot.</summary>
    public ulong Key;

    public bool IsRed;
}
