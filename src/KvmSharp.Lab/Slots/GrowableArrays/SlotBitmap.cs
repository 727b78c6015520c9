using System;
using System.Numerics;

namespace KvmSharp.Lab.Slots.GrowableArrays;

/// <summary>One bit for each slot id in use: in one word while all ids fit there, behind a pointer once one does not.</summary>
/// <remarks>A value: to be kept in a field, not copied by assignment.</remarks>
struct SlotBitmap
{
    const int BitsPerWord = 64;

    ulong _direct;
    ulong[]? _indirect;

    /// <summary>Whether the bits stand behind the pointer.</summary>
    internal readonly bool IsIndirect => _indirect is not null;

    /// <summary>Ids in use.</summary>
    internal readonly int Count
    {
        get
        {
            int count = BitOperations.PopCount(_direct);
            foreach (ulong word in _indirect ?? [])
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    internal readonly bool Contains(int id)
    {
        if (_indirect is null)
            return id < BitsPerWord && (_direct >> id & 1) != 0;
        int word = id / BitsPerWord;
        return word < _indirect.Length && (_indirect[word] >> id & 1) != 0;
    }

    internal void Add(int id)
    {
        if (_indirect is null && id < BitsPerWord)
        {
            _direct |= 1UL << id;
            return;
        }
        int word = id / BitsPerWord;
        if (_indirect is null)
        {
            _indirect = new ulong[word + 1];
            _indirect[0] = _direct;
            _direct = 0;
        }
        else if (word >= _indirect.Length)
        {
            Array.Resize(ref _indirect, word + 1);
        }
        _indirect[word] |= 1UL << id;
    }

    internal void Remove(int id)
    {
        if (_indirect is null)
            _direct &= ~(1UL << id);
        else
            _indirect[id / BitsPerWord] &= ~(1UL << id);
    }

    /// <summary>Becomes a copy of another.</summary>
    /// <returns>Bytes copied.</returns>
    internal long CopyFrom(in SlotBitmap original)
    {
        _direct = original._direct;
        if (original._indirect is not { } words)
        {
            _indirect = null;
            return sizeof(ulong);
        }
        if (_indirect?.Length != words.Length)
            _indirect = new ulong[words.Length];
        words.CopyTo(_indirect, 0);
        return (long)words.Length * sizeof(ulong);
    }
}
