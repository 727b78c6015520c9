using System;
using System.Diagnostics.CodeAnalysis;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>A red-black tree of slots that are their own nodes.</summary>
/// <remarks>
/// Not thread-safe. A mutable struct: keep it in a field and never copy it.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>in ascending order no key is below the one before; where keys are unique, none is equal either;</item>
/// <item>the root is black, and no red node has a red child;</item>
/// <item>every way from a node down to where a child is missing passes equally many black nodes;</item>
/// <item>what each node says of its subtree is what <see cref="ITreeTraits.Refresh"/> would make it.</item>
/// </list>
/// </remarks>
struct RedBlackTree<TTraits>
    where TTraits : struct, ITreeTraits
{
    /// <summary>Where a descent begins; none when the tree is empty.</summary>
    public TwinSlot? Root { get; private set; }

    /// <summary>The slot of the lowest key.</summary>
    public readonly TwinSlot? First => Root is null ? null : Leftmost(Root);

    /// <summary>The slot that follows in order. Constant time when averaged over a whole walk.</summary>
    public static TwinSlot? Next(TwinSlot slot)
    {
        if (TTraits.Links(slot).Right is { } right)
            return Leftmost(right);
        TwinSlot? parent = TTraits.Links(slot).Parent;
        while (parent is not null && TTraits.Links(parent).Right == slot)
        {
            slot = parent;
            parent = TTraits.Links(slot).Parent;
        }
        return parent;
    }

    /// <summary>Links a slot in under a key.</summary>
    /// <exception cref="InvalidOperationException">The key is there already, and keys are unique.</exception>
    public void Insert(TwinSlot slot, ulong key)
    {
        TwinSlot? parent = null;
        bool goRight = false;
        for (TwinSlot? at = Root; at is not null; at = Child(at, goRight))
        {
            parent = at;
            ulong other = TTraits.Links(at).Key;
            if (TTraits.KeysAreUnique && key == other)
                ThrowKeyTaken(slot, at);
            goRight = key >= other;
        }

        TTraits.Links(slot) = new TreeLinks { Parent = parent, Key = key, IsRed = true };
        if (parent is null)
            Root = slot;
        else
            Child(parent, goRight) = slot;
        while (parent is not null && TTraits.Refresh(parent))
            parent = TTraits.Links(parent).Parent;
        RebalanceAfterInsert(slot);
    }

    /// <summary>Unlinks a slot.</summary>
    public void Erase(TwinSlot slot)
    {
        ref TreeLinks links = ref TTraits.Links(slot);
        TwinSlot? parent, child;
        bool blackIsLost;
        if (links.Left is { } left && links.Right is { } right)
        {
            // The next slot in order has no left child: unlink that one and let it take this one's place and colour.
            TwinSlot next = Leftmost(right);
            ref TreeLinks nextLinks = ref TTraits.Links(next);
            blackIsLost = !nextLinks.IsRed;
            child = nextLinks.Right;
            if (next == right)
            {
                parent = next;
            }
            else
            {
                parent = nextLinks.Parent!;
                Adopt(parent, false, child);
                Adopt(next, true, right);
            }
            Adopt(next, false, left);
            nextLinks.IsRed = links.IsRed;
            TakePlace(slot, next);
        }
        else
        {
            blackIsLost = !links.IsRed;
            child = links.Left ?? links.Right;
            parent = links.Parent;
            TakePlace(slot, child);
        }
        // An unlinked slot may be kept for ever; it must not keep its old neighbours.
        links = default;

        for (TwinSlot? stale = parent; stale is not null; stale = TTraits.Links(stale).Parent)
            TTraits.Refresh(stale);
        if (blackIsLost)
            RebalanceAfterErase(child, parent);
    }

    /// <summary>Puts a slot of the same key where another is, in constant time. Not for interval trees.</summary>
    public void Exchange(TwinSlot old, TwinSlot replacement)
    {
        ref TreeLinks links = ref TTraits.Links(old);
        TakePlace(old, replacement);
        TTraits.Links(replacement) = links;
        if (links.Left is { } left)
            TTraits.Links(left).Parent = replacement;
        if (links.Right is { } right)
            TTraits.Links(right).Parent = replacement;
        links = default;
    }

    /// <summary>Checks the invariants.</summary>
    /// <returns>Slots in the tree.</returns>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    public readonly int CheckInvariants()
    {
        if (IsRed(Root))
            throw new InvalidOperationException($"red root {Root}");
        CheckSubtree(Root, null);
        int count = 0;
        TwinSlot? before = null;
        for (TwinSlot? slot = First; slot is not null; before = slot, slot = Next(slot), count++)
        {
            if (before is null)
                continue;
            ulong key = TTraits.Links(slot).Key, keyBefore = TTraits.Links(before).Key;
            if (key < keyBefore || (TTraits.KeysAreUnique && key == keyBefore))
                throw new InvalidOperationException($"{slot} follows {before}");
        }
        return count;
    }

    static int CheckSubtree(TwinSlot? slot, TwinSlot? parent)
    {
        if (slot is null)
            return 0;
        ref TreeLinks links = ref TTraits.Links(slot);
        if (links.Parent != parent)
            throw new InvalidOperationException($"{slot} is a child of {parent} and names as parent {links.Parent}");
        if (links.IsRed && (IsRed(links.Left) || IsRed(links.Right)))
            throw new InvalidOperationException($"red {slot} has a red child");
        int leftBlacks = CheckSubtree(links.Left, slot);
        int rightBlacks = CheckSubtree(links.Right, slot);
        if (leftBlacks != rightBlacks)
            throw new InvalidOperationException($"{leftBlacks} black nodes left of {slot}, {rightBlacks} right");
        if (TTraits.Refresh(slot))
            throw new InvalidOperationException($"what {slot} said of its subtree was stale");
        return leftBlacks + (links.IsRed ? 0 : 1);
    }

    void RebalanceAfterInsert(TwinSlot slot)
    {
        while (TTraits.Links(slot).Parent is { } parent && IsRed(parent))
        {
            TwinSlot grandparent = TTraits.Links(parent).Parent!;
            bool right = TTraits.Links(grandparent).Right == parent;
            if (Child(grandparent, !right) is { } uncle && IsRed(uncle))
            {
                TTraits.Links(parent).IsRed = false;
                TTraits.Links(uncle).IsRed = false;
                TTraits.Links(grandparent).IsRed = true;
                slot = grandparent;
                continue;
            }
            if (Child(parent, !right) == slot)
            {
                Rotate(parent, right);
                parent = slot;
            }
            TTraits.Links(parent).IsRed = false;
            TTraits.Links(grandparent).IsRed = true;
            Rotate(grandparent, !right);
            return;
        }
        TTraits.Links(Root!).IsRed = false;
    }

    /// <summary>
    /// Mends the tree when ways through <paramref name="slot"/>, a child of <paramref name="parent"/> and perhaps none,
    /// have a black node too few.
    /// </summary>
    void RebalanceAfterErase(TwinSlot? slot, TwinSlot? parent)
    {
        while (parent is not null && !IsRed(slot))
        {
            // A missing slot is told from its sibling all the same, for the sibling is there: it has black nodes more.
            bool right = TTraits.Links(parent).Right == slot;
            TwinSlot sibling = Child(parent, !right)!;
            if (IsRed(sibling))
            {
                TTraits.Links(sibling).IsRed = false;
                TTraits.Links(parent).IsRed = true;
                Rotate(parent, right);
                sibling = Child(parent, !right)!;
            }
            TwinSlot? near = Child(sibling, right), far = Child(sibling, !right);
            if (!IsRed(near) && !IsRed(far))
            {
                TTraits.Links(sibling).IsRed = true;
                slot = parent;
                parent = TTraits.Links(slot).Parent;
                continue;
            }
            if (!IsRed(far))
            {
                Rotate(sibling, !right);
                (sibling, far) = (near!, sibling);
            }
            TTraits.Links(sibling).IsRed = IsRed(parent);
            TTraits.Links(parent).IsRed = false;
            TTraits.Links(far!).IsRed = false;
            Rotate(parent, right);
            return;
        }
        if (slot is not null)
            TTraits.Links(slot).IsRed = false;
    }

    /// <summary>Lets the child on the other side rise and <paramref name="top"/> sink to the named side.</summary>
    void Rotate(TwinSlot top, bool right)
    {
        TwinSlot riser = Child(top, !right)!;
        Adopt(top, !right, Child(riser, right));
        TakePlace(top, riser);
        Adopt(riser, right, top);
        TTraits.Refresh(top);
        TTraits.Refresh(riser);
    }

    /// <summary>Hangs <paramref name="replacement"/>, or nothing, where <paramref name="slot"/> hangs.</summary>
    void TakePlace(TwinSlot slot, TwinSlot? replacement)
    {
        if (TTraits.Links(slot).Parent is { } parent)
        {
            Adopt(parent, TTraits.Links(parent).Right == slot, replacement);
            return;
        }
        Root = replacement;
        if (replacement is not null)
            TTraits.Links(replacement).Parent = null;
    }

    static void Adopt(TwinSlot parent, bool right, TwinSlot? child)
    {
        Child(parent, right) = child;
        if (child is not null)
            TTraits.Links(child).Parent = parent;
    }

    static ref TwinSlot? Child(TwinSlot slot, bool right)
    {
        ref TreeLinks links = ref TTraits.Links(slot);
        return ref right ? ref links.Right : ref links.Left;
    }

    static bool IsRed(TwinSlot? slot) => slot is not null && TTraits.Links(slot).IsRed;

    static TwinSlot Leftmost(TwinSlot slot)
    {
        while (TTraits.Links(slot).Left is { } left)
            slot = left;
        return slot;
    }

    [DoesNotReturn]
    static void ThrowKeyTaken(TwinSlot slot, TwinSlot other) =>
        throw new InvalidOperationException($"cannot link {slot}: its place is taken by {other}");
}
