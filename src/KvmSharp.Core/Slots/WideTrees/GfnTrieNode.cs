using System.Numerics;
using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.WideTrees;

/// <summary>
/// A node of a <see cref="GfnTrie"/>: an aligned chunk of guest frames cut into <see cref="Width"/> equal parts.
/// </summary>
/// <remarks>Immutable once the edit that made it is published, like <see cref="WideNode"/>.</remarks>
sealed class GfnTrieNode
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

    internal GfnTrieNode(long edit, ulong start, int shift)
    {
        Edit = edit;
        Start = start;
        Shift = shift;
    }

    /// <summary>The last frame of the chunk.</summary>
    internal ulong Last => Start + ((1UL << (Shift + IndexBits)) - 1);

    internal GfnTrieNode Own(long edit)
    {
        if (Edit == edit)
            return this;
        return new GfnTrieNode(edit, Start, Shift) { Entries = Entries, Occupied = Occupied };
    }

    internal int IndexOf(ulong gfn) => (int)(gfn >> Shift) & (Width - 1);

    /// <summary>The first frame of a part.</summary>
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
        if (first is GfnTrieNode)
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
