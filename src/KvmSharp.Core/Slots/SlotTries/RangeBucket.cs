using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A few slots that meet one part of a <see cref="RangeTrie{TRange}"/>, in ascending order: cheaper to look through than
/// to keep apart by nodes.
/// </summary>
/// <remarks>Immutable once the edit that made it is published, like <see cref="IntervalNode"/>.</remarks>
sealed class RangeBucket
{
    internal const int Width = 8;

    StartLanes _starts;
    SlotLanes _slots;
    readonly long _edit;

    internal RangeBucket(long edit)
    {
        _edit = edit;
        ((Span<long>)_starts).Fill(Lanes.Unused);
    }

    /// <summary>Slots in the bucket; at least two, but while an edit works on it.</summary>
    internal int Count { get; private set; }

    internal bool IsFull => Count == Width;

    internal ReadOnlySpan<MemorySlot?> Slots => ((ReadOnlySpan<MemorySlot?>)_slots)[..Count];

    internal RangeBucket Own(long edit) =>
        _edit == edit ? this : new RangeBucket(edit) { _starts = _starts, _slots = _slots, Count = Count };

    /// <summary>The last slot that begins at the page or below.</summary>
    internal MemorySlot? Find(ulong page)
    {
        int index = CountUpTo((long)page) - 1;
        return (uint)index < Width ? _slots[index] : null;
    }

    /// <summary>The first slot that ends above the page.</summary>
    internal MemorySlot? FirstFrom<TRange>(ulong page)
        where TRange : struct, ISlotRange
    {
        // Slots do not overlap: it is the last that begins at the page or below, or else the next one.
        int next = CountUpTo((long)page);
        if (next > 0 && _slots[next - 1] is { } slot && TRange.End(slot) > page)
            return slot;
        return next < Width ? _slots[next] : null;
    }

    internal void Insert(ulong start, MemorySlot slot)
    {
        int index = CountUpTo((long)start);
        Span<long> starts = _starts;
        Span<MemorySlot?> slots = _slots;
        // Slots mostly come in ascending order: nothing to move up then.
        if (index < Count)
        {
            starts[index..Count].CopyTo(starts[(index + 1)..]);
            slots[index..Count].CopyTo(slots[(index + 1)..]);
        }
        starts[index] = (long)start;
        slots[index] = slot;
        Count++;
    }

    /// <summary>Takes the slot that begins at <paramref name="start"/> out, or puts another in its place.</summary>
    internal void Substitute(ulong start, MemorySlot? slot)
    {
        int index = CountUpTo((long)start) - 1;
        Span<long> starts = _starts;
        Span<MemorySlot?> slots = _slots;
        if (slot is not null)
        {
            slots[index] = slot;
            return;
        }
        starts[(index + 1)..Count].CopyTo(starts[index..]);
        slots[(index + 1)..Count].CopyTo(slots[index..]);
        Count--;
        starts[Count] = Lanes.Unused;
        slots[Count] = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int CountUpTo(long page)
    {
        ReadOnlySpan<long> starts = _starts;
        Vector256<long> pivot = Vector256.Create(page);
        return Width + (int)Vector256.Sum(Lanes.Above(starts, 0, pivot) + Lanes.Above(starts, 4, pivot));
    }

    [InlineArray(Width)]
    struct StartLanes
    {
        long _first;
    }

    [InlineArray(Width)]
    struct SlotLanes
    {
        MemorySlot? _first;
    }
}
