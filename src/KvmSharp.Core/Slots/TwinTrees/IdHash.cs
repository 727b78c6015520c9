using System;
using System.Collections.Generic;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>One set's slots by id: chains, the newest slot first.</summary>
readonly struct IdHash<TIndex>
    where TIndex : struct, ITwinIndex
{
    const int BucketBits = 7;

    // 2^32 divided by the golden ratio: neighbouring ids fall far apart.
    const uint Multiplier = 0x61C8_8647;

    readonly TwinSlot?[] _buckets = new TwinSlot?[1 << BucketBits];

    public IdHash()
    {
    }

    public TwinSlot? Find(SlotId id)
    {
        TwinSlot? slot = _buckets[Bucket(id)];
        while (slot is not null && slot.Id != id)
            slot = TIndex.Nodes(slot).Id.Next;
        return slot;
    }

    public void Link(TwinSlot slot)
    {
        ref TwinSlot? head = ref _buckets[Bucket(slot.Id)];
        if (head is not null)
            TIndex.Nodes(head).Id.Previous = slot;
        TIndex.Nodes(slot).Id = new ChainLinks { Next = head };
        head = slot;
    }

    public void Unlink(TwinSlot slot)
    {
        ref ChainLinks links = ref TIndex.Nodes(slot).Id;
        if (links.Next is { } next)
            TIndex.Nodes(next).Id.Previous = links.Previous;
        if (links.Previous is { } previous)
            TIndex.Nodes(previous).Id.Next = links.Next;
        else
            _buckets[Bucket(slot.Id)] = links.Next;
        links = default;
    }

    /// <summary>Checks the chains.</summary>
    /// <returns>The slots in the hash.</returns>
    /// <exception cref="InvalidOperationException">A slot is misplaced, or two have one id.</exception>
    public Dictionary<SlotId, TwinSlot> CheckInvariants()
    {
        var slots = new Dictionary<SlotId, TwinSlot>();
        for (uint bucket = 0; bucket < _buckets.Length; bucket++)
        {
            TwinSlot? previous = null;
            for (TwinSlot? slot = _buckets[bucket]; slot is not null; slot = TIndex.Nodes(slot).Id.Next)
            {
                if (Bucket(slot.Id) != bucket || TIndex.Nodes(slot).Id.Previous != previous)
                    throw new InvalidOperationException($"{slot} is misplaced in chain {bucket} of the id hash");
                if (!slots.TryAdd(slot.Id, slot))
                    throw new InvalidOperationException($"{slot} and {slots[slot.Id]} have one id");
                previous = slot;
            }
        }
        return slots;
    }

    static uint Bucket(SlotId id) => (id.Value * Multiplier) >> (32 - BucketBits);
}
