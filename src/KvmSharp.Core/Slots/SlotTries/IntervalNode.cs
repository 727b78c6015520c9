using System;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A node of a <see cref="IntervalTree"/>: up to <see cref="Lanes.Width"/> entries in ascending order of key.
/// </summary>
/// <remarks>
/// <para>
/// <code>
///            keys   k0  k1  k2 … unused      leaf:   the slot's key           branch: no key below it in the child,
///            ends   e0  e1  e2 … 0           leaf:   the slot's end           branch: the child's greatest end
///            refs   r0  r1  r2 … null        leaf:   the slot                 branch: the child
/// </code>
/// </para>
/// A node is immutable once the edit that made it is published; an edit changes in place only nodes that carry its own
/// stamp, which no reader can have seen.
/// </remarks>
abstract class IntervalNode
{
    internal Lanes Keys;
    internal Lanes Ends;
    internal int Count;
    internal long Edit;

    protected IntervalNode(long edit)
    {
        Edit = edit;
        ((Span<long>)Keys).Fill(Lanes.Unused);
    }

    // A copy by fields: MemberwiseClone allocates on the runtime's slow path.
    protected IntervalNode(long edit, IntervalNode original)
    {
        Edit = edit;
        Count = original.Count;
        Keys = original.Keys;
        Ends = original.Ends;
    }

    /// <summary>Whether every lane is taken.</summary>
    internal bool IsFull => Count == Lanes.Width;

    /// <summary>The greatest end in the subtree.</summary>
    internal long MaxEnd
    {
        get
        {
            long max = 0;
            foreach (long end in ((ReadOnlySpan<long>)Ends)[..Count])
                max = Math.Max(max, end);
            return max;
        }
    }

    /// <summary>The entry whose key is the greatest up to <paramref name="key"/>; −1 when all are above.</summary>
    internal int IndexUpTo(long key) => Lanes.CountUpTo(Keys, key) - 1;

    /// <summary>A node of the same kind with the same entries that <paramref name="edit"/> may change.</summary>
    internal abstract IntervalNode Clone(long edit);

    /// <summary>An empty node of the same kind.</summary>
    internal abstract IntervalNode NewSibling(long edit);

    /// <summary>Moves entries [<paramref name="from"/>, Count) to the end of <paramref name="target"/>.</summary>
    internal void MoveTail(int from, IntervalNode target)
    {
        int moved = Count - from;
        ((Span<long>)Keys).Slice(from, moved).CopyTo(((Span<long>)target.Keys)[target.Count..]);
        ((Span<long>)Ends).Slice(from, moved).CopyTo(((Span<long>)target.Ends)[target.Count..]);
        MoveTailRefs(from, moved, target);
        ((Span<long>)Keys).Slice(from, moved).Fill(Lanes.Unused);
        ((Span<long>)Ends).Slice(from, moved).Clear();
        target.Count += moved;
        Count = from;
    }

    /// <summary>Moves the first <paramref name="count"/> entries to the end of <paramref name="target"/>.</summary>
    internal void MoveHead(int count, IntervalNode target)
    {
        IntervalNode tail = NewSibling(Edit);
        MoveTail(count, tail);
        MoveTail(0, target);
        tail.MoveTail(0, this);
    }

    /// <summary>Makes room for one entry at <paramref name="index"/>; the node must not be full.</summary>
    protected void OpenLane(int index, long key, long end)
    {
        Span<long> keys = Keys;
        Span<long> ends = Ends;
        keys[index..Count].CopyTo(keys[(index + 1)..]);
        ends[index..Count].CopyTo(ends[(index + 1)..]);
        keys[index] = key;
        ends[index] = end;
        Count++;
    }

    /// <summary>Takes the entry at <paramref name="index"/> out of the keys and ends.</summary>
    protected void CloseLane(int index)
    {
        Span<long> keys = Keys;
        Span<long> ends = Ends;
        keys[(index + 1)..Count].CopyTo(keys[index..]);
        ends[(index + 1)..Count].CopyTo(ends[index..]);
        Count--;
        keys[Count] = Lanes.Unused;
        ends[Count] = 0;
    }

    protected abstract void MoveTailRefs(int from, int count, IntervalNode target);
}
