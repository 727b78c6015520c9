namespace KvmSharp.Slots.TwinTrees;

/// <summary>What a <see cref="RedBlackTree{TTraits}"/> knows of its slots.</summary>
interface ITreeTraits
{
    /// <summary>Whether two slots of one key are a programming error; otherwise the later one goes after.</summary>
    static abstract bool KeysAreUnique { get; }

    /// <summary>The slot's node in this tree.</summary>
    static abstract ref TreeLinks Links(TwinSlot slot);

    /// <summary>Computes what the slot's node says of its subtree from the slot and its two children.</summary>
    /// <returns>Whether that has changed, so that the parent's is stale.</returns>
    static abstract bool Refresh(TwinSlot slot);
}
