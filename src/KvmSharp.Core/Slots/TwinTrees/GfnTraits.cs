namespace KvmSharp.Slots.TwinTrees;

/// <summary>The tree by guest frame: slots never share a frame, so ordering by the base is enough.</summary>
readonly struct GfnTraits<TIndex> : ITreeTraits
    where TIndex : struct, ITwinIndex
{
    public static bool KeysAreUnique => true;

    public static ref TreeLinks Links(TwinSlot slot) => ref TIndex.Nodes(slot).Gfn;

    public static bool Refresh(TwinSlot slot) => false;
}
