using System;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.WideTrees;

/// <summary>A node whose entries are nodes one level down.</summary>
sealed class WideBranch : WideNode
{
    internal ChildLanes Children;

    internal WideBranch(long edit)
        : base(edit)
    {
    }

    WideBranch(long edit, WideBranch original)
        : base(edit, original) => Children = original.Children;

    internal override WideBranch Clone(long edit) => new(edit, this);

    internal override WideBranch NewSibling(long edit) => new(edit);

    /// <summary>The child in which <paramref name="key"/> belongs.</summary>
    internal int ChildFor(long key) => Math.Max(IndexUpTo(key), 0);

    internal void Insert(int index, long key, WideNode child)
    {
        OpenLane(index, key, child.MaxEnd);
        Span<WideNode?> children = Children;
        children[index..(Count - 1)].CopyTo(children[(index + 1)..]);
        children[index] = child;
    }

    internal void Remove(int index)
    {
        Span<WideNode?> children = Children;
        children[(index + 1)..Count].CopyTo(children[index..]);
        children[Count - 1] = null;
        CloseLane(index);
    }

    protected override void MoveTailRefs(int from, int count, WideNode target)
    {
        Span<WideNode?> tail = ((Span<WideNode?>)Children).Slice(from, count);
        tail.CopyTo(((Span<WideNode?>)((WideBranch)target).Children)[target.Count..]);
        tail.Clear();
    }

    [InlineArray(Lanes.Width)]
    internal struct ChildLanes
    {
        WideNode? _first;
    }
}
