namespace KvmSharp.Slots.TwinTrees;

/// <summary>The set of index 0.</summary>
readonly struct TwinIndex0 : ITwinIndex
{
    public static int Value => 0;

    public static ref SlotNodes Nodes(TwinSlot slot) => ref slot.Nodes0;
}
