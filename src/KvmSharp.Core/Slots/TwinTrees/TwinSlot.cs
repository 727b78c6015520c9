using KvmSharp.DirtyLog;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>A slot that carries its own nodes for both sets, so that linking it allocates nothing.</summary>
/// <remarks>A set's nodes are written only by the slots' writer, and only while readers cannot see the set.</remarks>
sealed class TwinSlot : MemorySlot
{
    public SlotNodes Nodes0;
    public SlotNodes Nodes1;

    public TwinSlot(in SlotDefinition definition, DirtyBitmap? dirtyBitmap)
        : base(definition, dirtyBitmap)
    {
    }
}
