namespace KvmSharp.Slots.TwinTrees;

/// <summary>The set of index 1.</summary>
readonly struct TwinIndex1 : ITwinIndex
{
    public static int Value => 1;

    public static ref SlotNodes Nodes(TwinSlot slot) => ref slot.Nodes1;
}
