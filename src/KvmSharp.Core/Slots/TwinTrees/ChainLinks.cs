namespace KvmSharp.Slots.TwinTrees;

/// <summary>A slot's node in one chain of the id hash.</summary>
struct ChainLinks
{
    public TwinSlot? Next;

    /// <summary>None for the head of a chain.</summary>
    public TwinSlot? Previous;
}
