using System.Numerics;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.WideTrees;

/// <summary>
/// A node of a <see cref="RangeTrie{TRange}"/>: an aligned chunk of page numbers cut into <see cref="Width"/> equal parts.
/// </summary>
/// <remarks>Immutable once the edit that made it is published, like <see cref="WideNode"/>.</remarks>
sealed class RangeTrieNode
{
    internal const int IndexBits = 5;
    internal const int Width = 1 << IndexBits;

    // What meets the part: nothing (null), exactly one slot (the slot), or more (a node).
    internal Parts Entries;
    internal readonly ulong Start;
    internal long Edit;
    internal readonly int Shift;

    // One bit for each entry that is not null.
    internal uint Occupied;

    internal RangeTrieNode(long edit, ulong start, int shift)
    {
        Edit = edit;
        Start = start;
        Shift = shift;
    }

    /// <summary>The last page of the chunk.</summary>
    internal ulong Last => Start + ((1UL << (Shift + IndexBits)) - 1);

    internal RangeTrieNode Own(long edit)
    {
        if (Edit == edit)
            return this;
        return new RangeTrieNode(edit, Start, Shift) { Entries = Entries, Occupied = Occupied };
    }

    internal int IndexOf(ulong page) => (int)(page >> Shift) & (Width - 1);

    /// <summary>The first page of a part.</summary>
    internal ulong PartStart(int index) => Start + ((ulong)index << Shift);

    internal void Set(int index, object? entry)
    {
        Entries[index] = entry;
        uint bit = 1u << index;
        Occupied = entry is null ? Occupied & ~bit : Occupied | bit;
    }

    /// <summary>What should stand in this node's place: nothing, its only slot, its only child, or itself.</summary>
    internal object? Normalized()
    {
        if (Occupied == 0)
            return null;
        object? first = Entries[BitOperations.TrailingZeroCount(Occupied)];
        uint others = Occupied & (Occupied - 1);
        if (first is RangeTrieNode)
            return others == 0 ? first : this;
        for (; others != 0; others &= others - 1)
        {
            if (!ReferenceEquals(Entries[BitOperations.TrailingZeroCount(others)], first))
                return this;
        }
        return first;
    }

    [InlineArray(Width)]
    internal struct Parts
    {
        object? _first;
    }
}
