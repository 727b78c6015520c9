using System;
using System.Numerics;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>Elements side by side at the front of an array, which grows by doubling.</summary>
/// <remarks>A value: to be kept in a field, not copied.</remarks>
struct SlotEntries<TRest>
    where TRest : struct, IKernelFields
{
    const int LeastRoom = 8;

    SlotEntry<TRest>[] _entries;

    /// <param name="room">Elements that the array begins with.</param>
    internal SlotEntries(int room) => _entries = room == 0 ? [] : new SlotEntry<TRest>[room];

    internal int Count { get; private set; }

    /// <summary>Elements that there is room for.</summary>
    internal readonly int Room => _entries.Length;

    internal readonly ReadOnlySpan<SlotEntry<TRest>> All => _entries.AsSpan(0, Count);

    internal readonly ref readonly SlotEntry<TRest> this[int index] => ref _entries[index];

    internal readonly void Set(int index, in SlotEntry<TRest> entry) => _entries[index] = entry;

    /// <summary>Becomes a copy of the elements of another.</summary>
    /// <returns>Bytes copied.</returns>
    internal long CopyFrom(in SlotEntries<TRest> original)
    {
        if (original.Count > Room)
            _entries = new SlotEntry<TRest>[RoomFor(original.Count)];
        original.All.CopyTo(_entries);
        if (Count > original.Count)
            _entries.AsSpan(original.Count, Count - original.Count).Clear();
        Count = original.Count;
        return (long)Count * SlotEntry<TRest>.Size;
    }

    internal void Insert(int index, in SlotEntry<TRest> entry)
    {
        if (Count == Room)
            Array.Resize(ref _entries, RoomFor(Count + 1));
        Span<SlotEntry<TRest>> entries = _entries;
        entries[index..Count].CopyTo(entries[(index + 1)..]);
        entries[index] = entry;
        Count++;
    }

    internal void Remove(int index)
    {
        Span<SlotEntry<TRest>> entries = _entries;
        entries[(index + 1)..Count].CopyTo(entries[index..]);
        entries[--Count] = default;
    }

    static int RoomFor(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, LeastRoom));
}
