using System.Runtime.CompilerServices;

namespace KvmSharp.Slots.SlotTries;

/// <summary>A node of an <see cref="IdTrie"/>: slots at the lowest level, nodes above it.</summary>
sealed class IdNode
{
    internal const int IndexBits = 3;
    internal const int Width = 1 << IndexBits;

    internal Lane Entries;
    internal int Count;
    internal long Edit;

    internal IdNode Own(long edit)
    {
        if (Edit == edit)
            return this;
        return new IdNode { Edit = edit, Count = Count, Entries = Entries };
    }

    /// <summary>Puts an entry in place or takes it away, and keeps count.</summary>
    internal void Set(int index, object? entry)
    {
        ref object? lane = ref Entries[index];
        Count += (entry is null ? 0 : 1) - (lane is null ? 0 : 1);
        lane = entry;
    }

    [InlineArray(Width)]
    internal struct Lane
    {
        object? _first;
    }
}
