using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvmSharp.Slots.SlotTries;

/// <summary>A few slots, found by id with one comparison.</summary>
struct LatestSlots
{
    internal const int Width = 8;

    // Lanes from Count on mean nothing.
    Vector128<ushort> _ids;
    SlotLanes _slots;

    /// <summary>Slots there are.</summary>
    public int Count { readonly get; private set; }

    /// <summary>Whether there is room for no other.</summary>
    public readonly bool IsFull => Count == Width;

    /// <summary>The slot at a place below <see cref="Count"/>.</summary>
    public readonly MemorySlot this[int place] => _slots[place]!;

    /// <summary>The place of an id, or −1.</summary>
    public readonly int PlaceOf(SlotId id)
    {
        uint places = Vector128.Equals(_ids, Vector128.Create(id.Value)).ExtractMostSignificantBits() & ((1u << Count) - 1);
        return places == 0 ? -1 : BitOperations.TrailingZeroCount(places);
    }

    /// <summary>Puts a slot in the place of its id, or in a new one, for which there is room.</summary>
    public void Set(MemorySlot slot)
    {
        int place = PlaceOf(slot.Id);
        if (place < 0)
        {
            place = Count++;
            _ids = _ids.WithElement(place, slot.Id.Value);
        }
        _slots[place] = slot;
    }

    /// <summary>Takes a slot out. Another may take its place.</summary>
    public void RemoveAt(int place)
    {
        int last = --Count;
        _ids = _ids.WithElement(place, _ids.GetElement(last));
        _slots[place] = _slots[last];
        _slots[last] = null;
    }

    /// <summary>Takes all slots out.</summary>
    public void Clear() => this = default;

    [InlineArray(Width)]
    struct SlotLanes
    {
        MemorySlot? _first;
    }
}
