using System;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>One of the two sets of a <see cref="CopyingStore"/>. It is edited only while no reader can see it.</summary>
abstract class CopiedSet : SlotSet
{
    /// <summary>Bytes that <see cref="CopyFrom"/> has copied so far.</summary>
    internal long CopiedBytes { get; private protected set; }

    /// <summary>An empty set of the same kind.</summary>
    internal abstract CopiedSet NewSibling();

    /// <summary>Becomes a copy of another set of the same kind, whatever was here before.</summary>
    internal abstract void CopyFrom(CopiedSet original);

    /// <summary>Adds a slot that overlaps none in the set.</summary>
    internal abstract void Insert(MemorySlot slot);

    /// <summary>Puts a slot in the place of one with the same frames and the same id.</summary>
    internal abstract void Replace(MemorySlot old, MemorySlot replacement);

    /// <summary>Takes a slot out.</summary>
    internal abstract void Remove(MemorySlot slot);

    /// <summary>Ends the editing.</summary>
    internal virtual void Complete()
    {
    }

    /// <summary>Checks what lookups say against each other.</summary>
    /// <exception cref="InvalidOperationException">They disagree.</exception>
    internal virtual void CheckInvariants()
    {
        Gfn end = default;
        int count = 0;
        foreach (MemorySlot slot in All)
        {
            Require(slot.Base >= end, "disjoint guest frames");
            Require(!slot.IsInvalid, "no hidden slot between updates");
            Require(ReferenceEquals(Find(slot.Base), slot), "the same slot by guest frame");
            Require(ReferenceEquals(FindById(slot.Id), slot), "the same slot by id");
            end = slot.End;
            count++;
        }
        Require(count == Count, "as many slots by guest frame as are counted");
    }

    private protected void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"{GetType().Name}: does not hold: {what}");
    }
}
