using System.Collections.Generic;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.GuestFiles;

/// <summary>Which pages of a file stand behind a slot; each behind one at most. Not thread-safe.</summary>
sealed class FileBindings
{
    // By first page. No two share a page, so the last one that begins before a range ends is the one that could meet it.
    readonly SortedSet<Pages> _taken = new(Comparer<Pages>.Create(static (left, right) => left.First.CompareTo(right.First)));

    internal int Count => _taken.Count;

    /// <summary>Takes pages.</summary>
    /// <param name="offset">Bytes, a page multiple.</param>
    /// <param name="pages">How many, at least one.</param>
    /// <returns><see langword="false"/> when one of them is taken already.</returns>
    internal bool TryTake(ulong offset, ulong pages)
    {
        var wanted = new Pages(offset >> Page.Shift, pages);
        // Empty pages when there is none.
        Pages before = _taken.GetViewBetween(default, new Pages(wanted.End - 1, 0)).Max;
        return before.End <= wanted.First && _taken.Add(wanted);
    }

    /// <summary>Gives back pages that were taken together.</summary>
    internal void Release(ulong offset) => _taken.Remove(new Pages(offset >> Page.Shift, 0));

    readonly record struct Pages(ulong First, ulong Count)
    {
        internal ulong End => First + Count;
    }
}
