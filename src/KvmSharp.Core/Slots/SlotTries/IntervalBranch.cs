using System;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.SlotTries;

/// <summary>A node whose entries are nodes one level down.</summary>
sealed class IntervalBranch : IntervalNode
{
    internal ChildLanes Children;

    internal IntervalBranch(long edit)
        : base(edit)
    {
    }

    IntervalBranch(long edit, IntervalBranch original)
        : base(edit, original) => Children = original.Children;

    internal override IntervalBranch Clone(long edit) => new(edit, this);

    internal override IntervalBranch NewSibling(long edit) => new(edit);

    /// <summary>The child in which <paramref name="key"/> belongs.</summary>
    internal int ChildFor(long key) => Math.Max(IndexUpTo(key), 0);

    internal void Insert(int index, long key, IntervalNode child)
    {
        OpenLane(index, key, child.MaxEnd);
        Span<IntervalNode?> children = Children;
        children[index..(Count - 1)].CopyTo(children[(index + 1)..]);
        children[index] = child;
    }

    internal void Remove(int index)
    {
        Span<IntervalNode?> children = Children;
        children[(index + 1)..Count].CopyTo(children[index..]);
        children[Count - 1] = null;
        CloseLane(index);
    }

    protected override void MoveTailRefs(int from, int count, IntervalNode target)
    {
        Span<IntervalNode?> tail = ((Span<IntervalNode?>)Children).Slice(from, count);
        tail.CopyTo(((Span<IntervalNode?>)((IntervalBranch)target).Children)[target.Count..]);
        tail.Clear();
    }

    [InlineArray(Lanes.Width)]
    internal struct ChildLanes
    {
        IntervalNode? _first;
    }
}
