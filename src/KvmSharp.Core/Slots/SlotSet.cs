using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>
/// The slots of one address space as readers see them. Slots of a space never share a guest frame; they may share host
/// memory.
/// </summary>
/// <remarks>
/// Any thread may look slots up. Where <see cref="SlotStore.LookupsNeedSection"/> says so, only inside a read section,
/// and the set must not be kept beyond it. A slot that is found may carry <see cref="SlotFlags.Invalid"/>.
/// </remarks>
public abstract class SlotSet
{
    /// <summary>Slots in the set.</summary>
    public abstract int Count { get; }

    /// <summary>The slot that covers <paramref name="gfn"/>. Logarithmic or better.</summary>
    public abstract MemorySlot? Find(Gfn gfn);

    /// <summary>
    /// The slot that covers <paramref name="gfn"/>, for a caller with a last-used cache of its own: a set that keeps a
    /// cache leaves it alone.
    /// </summary>
    public virtual MemorySlot? FindWithoutCache(Gfn gfn) => Find(gfn);

    /// <summary>
    /// The slot that covers <paramref name="gfn"/>, else one that borders the hole around it, below or above; none only
    /// when the set is empty.
    /// </summary>
    public abstract MemorySlot? FindNearest(Gfn gfn);

    /// <summary>The slot of that id.</summary>
    public abstract MemorySlot? FindById(SlotId id);

    /// <summary>The lowest slot that ends above <paramref name="gfn"/>: the one that covers it, else the next one up.</summary>
    public abstract MemorySlot? FirstFrom(Gfn gfn);

    /// <summary>
    /// The next slot, in ascending order of host address, whose host memory meets <paramref name="range"/>.
    /// </summary>
    /// <param name="range">A range of host memory, not empty.</param>
    /// <param name="after">The slot that the last call returned from this set, or none to begin.</param>
    public abstract MemorySlot? NextByHva(HvaRange range, MemorySlot? after);

    /// <summary>
    /// Whether slots share host memory, as far as the set knows without looking: where they do not, a row of slots
    /// (<see cref="EndOfRow"/>) has its host memory to itself.
    /// </summary>
    internal virtual bool MaySharePages => true;

    /// <summary>
    /// Where a row of slots ends: slots that follow one another without a gap in guest frames and in host memory, in step
    /// (<see cref="MemorySlot.IsInStepWith"/>).
    /// </summary>
    /// <param name="first">The slot that the row begins with, of this set.</param>
    /// <param name="limit">Where to stop looking.</param>
    /// <returns>The frame after the row's last, or <paramref name="limit"/> when the row goes on beyond.</returns>
    internal virtual Gfn EndOfRow(MemorySlot first, Gfn limit)
    {
        Gfn end = first.End;
        while (end < limit && FirstFrom(end) is { } next && next.Base == end && next.IsInStepWith(first))
            end = next.End;
        return end < limit ? end : limit;
    }

    /// <summary>The frames of slots whose host memory meets a range, a row of slots at a time. Allocates nothing.</summary>
    internal RowWalk RowsInRange(HvaRange range) => new(this, range);

    /// <summary>Whether a slot's host memory meets a range, which is not empty.</summary>
    internal virtual bool HasAny(HvaRange range) => NextByHva(range, null) is not null;

    /// <summary>All slots that meet a range of guest frames, ascending, each once. Allocates nothing.</summary>
    public GfnWalk InRange(GfnRange range) => new(this, range);

    /// <summary>All slots whose host memory meets a range, in ascending order of host address. Allocates nothing.</summary>
    public HvaWalk InRange(HvaRange range) => new(this, range);

    /// <summary>All slots in ascending order of guest frame. Allocates nothing.</summary>
    public GfnWalk All => new(this, GfnRange.All);

    /// <summary>Adds all slots to a list, in the order in which the set keeps them.</summary>
    internal virtual void CopyTo(List<MemorySlot> slots)
    {
        foreach (MemorySlot slot in All)
            slots.Add(slot);
    }
}
