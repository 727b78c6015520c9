using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>One set's slots by guest frame.</summary>
struct GfnTree<TIndex>
    where TIndex : struct, ITwinIndex
{
    RedBlackTree<GfnTraits<TIndex>> _tree;

    public readonly TwinSlot? First => _tree.First;

    public static TwinSlot? Next(TwinSlot slot) => RedBlackTree<GfnTraits<TIndex>>.Next(slot);

    public void Insert(TwinSlot slot) => _tree.Insert(slot, slot.Base.Value);

    public void Erase(TwinSlot slot) => _tree.Erase(slot);

    public void Exchange(TwinSlot old, TwinSlot replacement) => _tree.Exchange(old, replacement);

    /// <summary>The slot that covers <paramref name="gfn"/>.</summary>
    /// <param name="gfn">A guest frame.</param>
    /// <param name="lastVisited">Where the descent ended, beside the frame; none when there is no slot.</param>
    // Inlined so that what was visited last stays in a register: as an out argument of a call it would be stored at
    // each level, through the collector's barrier.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly TwinSlot? Find(Gfn gfn, out TwinSlot? lastVisited)
    {
        // Only the slot of the greatest base not above the frame can cover it: no need to ask each on the way.
        TwinSlot? candidate = null;
        lastVisited = null;
        for (TwinSlot? slot = _tree.Root; slot is not null;)
        {
            lastVisited = slot;
            ref TreeLinks links = ref GfnTraits<TIndex>.Links(slot);
            if (gfn.Value < links.Key)
            {
                slot = links.Left;
            }
            else
            {
                candidate = slot;
                slot = links.Right;
            }
        }
        return candidate is not null && candidate.Contains(gfn) ? candidate : null;
    }

    /// <summary>The lowest slot that ends above <paramref name="gfn"/>.</summary>
    public readonly TwinSlot? FirstFrom(Gfn gfn)
    {
        TwinSlot? below = null, above = null;
        for (TwinSlot? slot = _tree.Root; slot is not null;)
        {
            ref TreeLinks links = ref GfnTraits<TIndex>.Links(slot);
            if (gfn.Value < links.Key)
            {
                above = slot;
                slot = links.Left;
            }
            else
            {
                below = slot;
                slot = links.Right;
            }
        }
        return below is not null && below.Contains(gfn) ? below : above;
    }

    public readonly int CheckInvariants() => _tree.CheckInvariants();
}
