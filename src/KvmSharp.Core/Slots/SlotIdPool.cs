using System;
using System.Numerics;

namespace KvmSharp.Slots;

/// <summary>Which ids of an address space are in use: a bit for each, as far up as the highest that was ever used.</summary>
/// <remarks>For the slots' one writer. Finding the lowest free id looks at one word in the common case.</remarks>
/// <param name="userSlots">User ids are below this.</param>
sealed class SlotIdPool(int userSlots)
{
    const int BitsPerWord = 64;

    ulong[] _used = [];

    // No word before this one has a free bit.
    int _firstOpenWord;

    /// <summary>User ids in use.</summary>
    internal int UsedCount { get; private set; }

    /// <summary>User ids that can still be given.</summary>
    internal int FreeCount => userSlots - UsedCount;

    /// <summary>The lowest user id that is free.</summary>
    /// <returns><see langword="false"/> when none is.</returns>
    internal bool TryFindLowest(out SlotId id)
    {
        while (_firstOpenWord < _used.Length && _used[_firstOpenWord] == ulong.MaxValue)
            _firstOpenWord++;
        int lowest = _firstOpenWord * BitsPerWord;
        if (_firstOpenWord < _used.Length)
            lowest += BitOperations.TrailingZeroCount(~_used[_firstOpenWord]);
        id = new SlotId((ushort)lowest);
        return lowest < userSlots;
    }

    internal void Take(SlotId id)
    {
        int word = id.Value / BitsPerWord;
        if (word >= _used.Length)
            Array.Resize(ref _used, Math.Max(word + 1, Math.Min(_used.Length * 2, 512)));
        _used[word] |= 1UL << (id.Value % BitsPerWord);
        UsedCount++;
    }

    internal void Release(SlotId id)
    {
        int word = id.Value / BitsPerWord;
        _used[word] &= ~(1UL << (id.Value % BitsPerWord));
        _firstOpenWord = Math.Min(_firstOpenWord, word);
        UsedCount--;
    }
}
