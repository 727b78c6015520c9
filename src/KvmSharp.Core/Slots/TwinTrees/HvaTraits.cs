using System;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>The tree by host address: slots may share memory, so each node knows where its subtree ends.</summary>
readonly struct HvaTraits<TIndex> : ITreeTraits
    where TIndex : struct, ITwinIndex
{
    public static bool KeysAreUnique => false;

    public static ref TreeLinks Links(TwinSlot slot) => ref TIndex.Nodes(slot).Hva;

    public static bool Refresh(TwinSlot slot)
    {
        ref SlotNodes nodes = ref TIndex.Nodes(slot);
        ulong maxLast = nodes.HvaLast;
        if (nodes.Hva.Left is { } left)
            maxLast = Math.Max(maxLast, TIndex.Nodes(left).HvaMaxLast);
        if (nodes.Hva.Right is { } right)
            maxLast = Math.Max(maxLast, TIndex.Nodes(right).HvaMaxLast);
        if (maxLast == nodes.HvaMaxLast)
            return false;
        nodes.HvaMaxLast = maxLast;
        return true;
    }
}
