using System;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A persistent map from slot id to slot: a trie, and the few slots that came or moved last, of which the trie is told when
/// there are too many of them.
/// </summary>
/// <remarks>
/// A value, with the same rules as <see cref="IntervalTree"/>. A path in the trie is as long as the ids are many, and every
/// move would copy one, though the slot only takes its own place again. A slot that moves to and fro costs the trie nothing;
/// slots that change in turn copy the upper nodes once for several of them.
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>where an id stands among the latest slots, that is what it means, whatever the trie says;</item>
/// <item>an id that stands in neither has no slot;</item>
/// <item>a slot in the trie that the latest have outdated keeps nothing alive that its successor does not.</item>
/// </list>
/// </remarks>
struct IdIndex
{
    LatestSlots _latest;
    IdTrie _trie;

    /// <summary>The slot of that id.</summary>
    public readonly MemorySlot? Find(SlotId id)
    {
        int place = _latest.PlaceOf(id);
        return place < 0 ? _trie.Find(id) : _latest[place];
    }

    /// <summary>Puts a slot in place of what its id meant before.</summary>
    /// <param name="edit">The edit.</param>
    /// <param name="old">What the id meant before.</param>
    /// <param name="new">What it means from now on.</param>
    public void Put(long edit, MemorySlot? old, MemorySlot @new)
    {
        // A log that is given up goes now, not some changes later.
        if (old is not null && !ReferenceEquals(old.DirtyBitmap, @new.DirtyBitmap))
        {
            SetInTrie(edit, @new.Id, @new);
            return;
        }
        if (_latest.IsFull && _latest.PlaceOf(@new.Id) < 0)
        {
            for (int place = 0; place < _latest.Count; place++)
                _trie.Set(edit, _latest[place].Id, _latest[place]);
            _latest.Clear();
        }
        _latest.Set(@new);
    }

    /// <summary>Takes the slot of an id, which there is, out.</summary>
    public void Remove(long edit, SlotId id)
    {
        // The trie may not have heard of it, and would grow to say that it has none.
        if (_trie.Find(id) is not null)
            SetInTrie(edit, id, null);
        else
            _latest.RemoveAt(_latest.PlaceOf(id));
    }

    void SetInTrie(long edit, SlotId id, MemorySlot? slot)
    {
        int place = _latest.PlaceOf(id);
        if (place >= 0)
            _latest.RemoveAt(place);
        _trie.Set(edit, id, slot);
    }

    /// <summary>Counts the slots, checking that each stands under its own id.</summary>
    public readonly int CheckInvariants()
    {
        int count = _trie.CheckInvariants();
        for (int place = 0; place < _latest.Count; place++)
        {
            SlotId id = _latest[place].Id;
            if (_latest.PlaceOf(id) != place)
                throw new InvalidOperationException($"id index: {id} is not found where it stands");
            MemorySlot? outdated = _trie.Find(id);
            if (outdated is not null && !ReferenceEquals(outdated.DirtyBitmap, _latest[place].DirtyBitmap))
                throw new InvalidOperationException($"id index: the trie keeps the log that {id} has given up");
            count += outdated is null ? 1 : 0;
        }
        return count;
    }
}
