using System;
using System.Diagnostics;
using System.Numerics;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A persistent B+ tree of intervals that may overlap, by a number that orders them and with the greatest end in each
/// branch: an edit copies the nodes on its path and shares all others with the tree it started from, so every published
/// tree stays as it was.
/// </summary>
/// <remarks>
/// A value: copy it to keep it. Reading needs no lock and no section; the garbage collector frees what no tree refers
/// to. Editing a copy leaves the original alone.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>keys ascend strictly through the whole tree, and every leaf is at the same depth;</item>
/// <item>a branch's key for a child is no greater than any key in it, and greater than any key in the child before;</item>
/// <item>a branch's end for a child is the greatest end in it;</item>
/// <item>no node but the root is empty, and a root branch has two children or more.</item>
/// </list>
/// </remarks>
struct IntervalTree
{
    // A node this small is joined with a neighbour, or shares the neighbour's entries.
    const int FewEntries = Lanes.Width / 4;

    IntervalNode? _root;

    /// <summary>Whether the tree holds no slot.</summary>
    public readonly bool IsEmpty => _root is null;

    /// <summary>
    /// The entry with the lowest key above <paramref name="afterKey"/> and up to <paramref name="lastKey"/> whose end is
    /// above <paramref name="above"/>. Logarithmic in the size of the tree for each entry found.
    /// </summary>
    public readonly MemorySlot? FindNext(long afterKey, long lastKey, long above) =>
        _root is null ? null : FindNext(_root, afterKey, lastKey, above);

    static MemorySlot? FindNext(IntervalNode node, long afterKey, long lastKey, long above)
    {
        if (node is IntervalLeaf leaf)
        {
            uint candidates = Lanes.MaskAbove(leaf.Ends, above) & Lanes.MaskAbove(leaf.Keys, afterKey);
            if (candidates == 0)
                return null;
            int first = BitOperations.TrailingZeroCount(candidates);
            return leaf.Keys[first] <= lastKey ? leaf.Slots[first] : null;
        }

        var branch = (IntervalBranch)node;
        int start = branch.ChildFor(afterKey);
        uint children = Lanes.MaskAbove(branch.Ends, above) & (uint.MaxValue << start);
        for (; children != 0; children &= children - 1)
        {
            int index = BitOperations.TrailingZeroCount(children);
            if (index > start && branch.Keys[index] > lastKey)
                return null;
            if (FindNext(branch.Children[index]!, afterKey, lastKey, above) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>Adds an entry whose key is not in the tree.</summary>
    public void Insert(long edit, long key, long end, MemorySlot slot)
    {
        if (_root is null)
        {
            var leaf = new IntervalLeaf(edit);
            leaf.Insert(0, key, end, slot);
            _root = leaf;
            return;
        }
        _root = Own(_root, edit);
        if (InsertInto(_root, edit, key, end, slot, atRightEdge: true) is { } right)
        {
            var root = new IntervalBranch(edit);
            root.Insert(0, _root.Keys[0], _root);
            root.Insert(1, right.Keys[0], right);
            _root = root;
        }
    }

    /// <summary>Takes out the entry of that key, which must be in the tree.</summary>
    public void Remove(long edit, long key)
    {
        _root = Own(_root!, edit);
        RemoveFrom(_root, edit, key);
        if (_root.Count == 0)
            _root = null;
        while (_root is IntervalBranch { Count: 1 } branch)
            _root = branch.Children[0];
    }

    // Both of the following get a node that the edit owns. Insert returns the node to its right if it had to split.
    static IntervalNode? InsertInto(IntervalNode node, long edit, long key, long end, MemorySlot slot, bool atRightEdge)
    {
        if (node is IntervalLeaf leaf)
        {
            int place = leaf.IndexUpTo(key) + 1;
            if (!leaf.IsFull)
            {
                leaf.Insert(place, key, end, slot);
                return null;
            }
            var right = (IntervalLeaf)SplitOff(leaf, edit, atRightEdge && place == Lanes.Width);
            if (place > leaf.Count || leaf.IsFull)
                right.Insert(place - leaf.Count, key, end, slot);
            else
                leaf.Insert(place, key, end, slot);
            return right;
        }

        var branch = (IntervalBranch)node;
        int index = branch.ChildFor(key);
        bool lastChild = index == branch.Count - 1;
        IntervalNode child = OwnChild(branch, index, edit);
        IntervalNode? grown = InsertInto(child, edit, key, end, slot, atRightEdge && lastChild);
        branch.Keys[index] = Math.Min(branch.Keys[index], key);
        if (grown is null)
        {
            branch.Ends[index] = Math.Max(branch.Ends[index], end);
            return null;
        }
        branch.Ends[index] = child.MaxEnd;
        if (!branch.IsFull)
        {
            branch.Insert(index + 1, grown.Keys[0], grown);
            return null;
        }
        var rightBranch = (IntervalBranch)SplitOff(branch, edit, atRightEdge && lastChild);
        if (index + 1 > branch.Count || branch.IsFull)
            rightBranch.Insert(index + 1 - branch.Count, grown.Keys[0], grown);
        else
            branch.Insert(index + 1, grown.Keys[0], grown);
        return rightBranch;
    }

    // Slots are mostly added in ascending order: at the right edge a full node stays full and a new one begins.
    static IntervalNode SplitOff(IntervalNode node, long edit, bool keepFull)
    {
        IntervalNode right = node.NewSibling(edit);
        if (!keepFull)
            node.MoveTail(Lanes.Width / 2, right);
        return right;
    }

    static void RemoveFrom(IntervalNode node, long edit, long key)
    {
        if (node is IntervalLeaf leaf)
        {
            int place = leaf.IndexUpTo(key);
            Debug.Assert(place >= 0 && leaf.Keys[place] == key, "removing a key that is not there");
            leaf.Remove(place);
            return;
        }

        var branch = (IntervalBranch)node;
        int index = branch.ChildFor(key);
        IntervalNode child = OwnChild(branch, index, edit);
        RemoveFrom(child, edit, key);
        if (child.Count == 0)
            branch.Remove(index);
        else if (child.Count < FewEntries && branch.Count > 1)
            JoinWithNeighbour(branch, Math.Max(index - 1, 0), edit);
        else
            branch.Ends[index] = child.MaxEnd;
    }

    // Children left and left + 1 become one, or share their entries evenly.
    static void JoinWithNeighbour(IntervalBranch branch, int left, long edit)
    {
        IntervalNode first = OwnChild(branch, left, edit);
        IntervalNode second = OwnChild(branch, left + 1, edit);
        int total = first.Count + second.Count;
        if (total <= Lanes.Width - FewEntries)
        {
            second.MoveTail(0, first);
            branch.Remove(left + 1);
        }
        else
        {
            if (first.Count > second.Count)
            {
                IntervalNode evened = second.NewSibling(edit);
                first.MoveTail(total / 2, evened);
                second.MoveTail(0, evened);
                evened.MoveTail(0, second);
            }
            else
            {
                second.MoveHead(second.Count - (total / 2), first);
            }
            branch.Keys[left + 1] = second.Keys[0];
            branch.Ends[left + 1] = second.MaxEnd;
        }
        branch.Ends[left] = first.MaxEnd;
    }

    static IntervalNode OwnChild(IntervalBranch branch, int index, long edit)
    {
        IntervalNode child = branch.Children[index]!;
        if (child.Edit == edit)
            return child;
        child = child.Clone(edit);
        branch.Children[index] = child;
        return child;
    }

    static IntervalNode Own(IntervalNode node, long edit) => node.Edit == edit ? node : node.Clone(edit);

    /// <summary>Checks the invariants.</summary>
    /// <returns>The number of entries.</returns>
    public readonly int CheckInvariants()
    {
        if (_root is null)
            return 0;
        if (_root is IntervalBranch { Count: < 2 })
            throw new InvalidOperationException("a root branch has fewer than two children");
        long last = long.MinValue;
        int depth = -1;
        return Check(_root, 0, ref depth, ref last);
    }

    static int Check(IntervalNode node, int level, ref int depth, ref long last)
    {
        Require(node.Count > 0, "a node is empty");
        for (int lane = node.Count; lane < Lanes.Width; lane++)
            Require(node.Keys[lane] == Lanes.Unused && node.Ends[lane] == 0, "an unused lane is not blank");
        if (node is IntervalLeaf leaf)
        {
            Require(depth < 0 || depth == level, "leaves at different depths");
            depth = level;
            for (int lane = 0; lane < leaf.Count; lane++)
            {
                Require(leaf.Keys[lane] > last, "keys do not ascend");
                Require(leaf.Slots[lane] is not null, "an entry has no slot");
                last = leaf.Keys[lane];
            }
            return leaf.Count;
        }

        var branch = (IntervalBranch)node;
        int total = 0;
        for (int lane = 0; lane < branch.Count; lane++)
        {
            IntervalNode child = branch.Children[lane]!;
            Require(branch.Keys[lane] > last, "a branch's key is not above the child before");
            Require(branch.Keys[lane] <= child.Keys[0], "a branch's key is above its child's keys");
            Require(branch.Ends[lane] == child.MaxEnd, "a branch's end is not its child's greatest");
            total += Check(child, level + 1, ref depth, ref last);
        }
        return total;
    }

    static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"interval tree: {what}");
    }
}
