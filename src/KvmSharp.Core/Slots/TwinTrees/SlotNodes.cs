namespace KvmSharp.Slots.TwinTrees;

/// <summary>A slot's place in the three containers of one set.</summary>
struct SlotNodes
{
    /// <summary>In the tree by guest frame; the key is the base frame.</summary>
    public TreeLinks Gfn;

    /// <summary>In the interval tree by host address; the key is the first byte.</summary>
    public TreeLinks Hva;

    /// <summary>The last byte of the slot's host memory.</summary>
    public ulong HvaLast;

    /// <summary>The greatest <see cref="HvaLast"/> in the subtree that this slot heads.</summary>
    public ulong HvaMaxLast;

    /// <summary>In the hash by id.</summary>
    public ChainLinks Id;
}
