using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>What a set must answer, worked out in the plainest way: by a look at every slot in a list.</summary>
sealed class SlotModel
{
    // Plain copies of the slots' bounds: most of a long run is spent in these loops, also without optimisation.
    readonly Entry[] _entries;
    readonly HashSet<MemorySlot> _walked;

    /// <summary>No slots.</summary>
    public SlotModel()
        : this([], [])
    {
    }

    SlotModel(Entry[] entries, HashSet<MemorySlot> walked)
    {
        _entries = entries;
        _walked = walked;
    }

    public int Count => _entries.Length;

    public MemorySlot this[int index] => _entries[index].Slot;

    /// <summary>The slots after an update; none when it would make slots share frames or ids.</summary>
    public SlotModel? After(ReadOnlySpan<SlotChange> changes)
    {
        int removed = 0, added = 0;
        foreach (ref readonly SlotChange change in changes)
        {
            removed += change.Old is null ? 0 : 1;
            added += change.New is null ? 0 : 1;
        }

        var result = new Entry[Count - removed + added];
        int count = 0;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (!IsOld(changes, entry.Slot))
                result[count++] = entry;
        }
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is null)
                continue;
            var entry = new Entry(change.New);
            foreach (ref readonly Entry other in result.AsSpan(0, count))
            {
                if (other.Id == entry.Id || (other.Base < entry.End && entry.Base < other.End))
                    return null;
            }
            result[count++] = entry;
        }
        return new SlotModel(result, _walked);
    }

    /// <summary>The slots while those that an update removes are hidden.</summary>
    public SlotModel WhileHidden(ReadOnlySpan<SlotChange> changes)
    {
        var result = (Entry[])_entries.Clone();
        foreach (ref readonly SlotChange change in changes)
        {
            MemorySlot? old = change.Old;
            if (change.RemovesMemory)
                result[Array.FindIndex(result, entry => entry.Slot == old)] = new Entry(change.Hidden!);
        }
        return new SlotModel(result, _walked);
    }

    /// <summary>Asks a set for one frame, in every way there is.</summary>
    public void Check(SlotSet set, Gfn gfn)
    {
        // The highest slot that starts at or below the frame, and the lowest that ends above it.
        MemorySlot? below = null, above = null;
        ulong highest = 0, lowest = ulong.MaxValue;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (entry.Base <= gfn.Value && entry.Base >= highest)
                (below, highest) = (entry.Slot, entry.Base);
            if (entry.End > gfn.Value && entry.Base <= lowest)
                (above, lowest) = (entry.Slot, entry.Base);
        }
        MemorySlot? covering = below == above ? below : null;
        AssertSame(covering, set.Find(gfn), "Find", gfn);
        AssertSame(covering, set.FindWithoutCache(gfn), "FindWithoutCache", gfn);
        AssertSame(above, set.FirstFrom(gfn), "FirstFrom", gfn);

        MemorySlot? nearest = set.FindNearest(gfn);
        if (covering is not null || Count == 0)
            AssertSame(covering, nearest, "FindNearest", gfn);
        else if (nearest is null || (nearest != below && nearest != above))
            Assert.Fail($"FindNearest({gfn}): '{nearest}' is not beside it");
    }

    /// <summary>Asks a set for an id.</summary>
    public void Check(SlotSet set, SlotId id)
    {
        MemorySlot? expected = null;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (entry.Id == id.Value)
                expected = entry.Slot;
        }
        AssertSame(expected, set.FindById(id), "FindById", id);
    }

    /// <summary>Walks a range of guest frames.</summary>
    public void Check(SlotSet set, GfnRange range)
    {
        var expected = new Bag();
        ulong start = range.Start.Value, end = range.End.Value;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (start < end && entry.Base < end && start < entry.End)
                expected.Add(entry.Slot);
        }

        var walked = new Bag();
        MemorySlot? before = null;
        foreach (MemorySlot slot in set.InRange(range))
        {
            if (before is not null && before.End > slot.Base)
                Assert.Fail($"walk of {range} goes from {before} to {slot}");
            before = slot;
            walked.Add(slot);
        }
        if (walked != expected)
            Assert.Fail($"walk of {range} meets {walked.Count} slots instead of {expected.Count}, or other ones");
    }

    /// <summary>Walks a range of host memory.</summary>
    public void Check(SlotSet set, HvaRange range)
    {
        var expected = new Bag();
        ulong start = range.Start.Value, end = range.End.Value;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (start < end && entry.HvaStart < end && start < entry.HvaEnd)
                expected.Add(entry.Slot);
        }

        _walked.Clear();
        var walked = new Bag();
        MemorySlot? before = null;
        foreach (MemorySlot slot in set.InRange(range))
        {
            if ((before is not null && before.Hva > slot.Hva) || !_walked.Add(slot))
                Assert.Fail($"walk of {range} goes from {before} to {slot}");
            before = slot;
            walked.Add(slot);
        }
        if (walked != expected)
            Assert.Fail($"walk of {range} meets {walked.Count} slots instead of {expected.Count}, or other ones");
        CheckRows(set, range);
    }

    // A row may be found as one or in pieces: what counts is which frames there are.
    void CheckRows(SlotSet set, HvaRange range)
    {
        ulong expected = 0, found = 0;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (range.Start.Value < range.End.Value && entry.HvaStart < range.End.Value && range.Start.Value < entry.HvaEnd)
                expected += Fingerprint(entry.Slot.ToFrames(range));
        }
        foreach (GfnRange frames in set.RowsInRange(range))
            found += Fingerprint(frames);
        if (found != expected)
            Assert.Fail($"the rows of {range} are other frames than those of its slots");
    }

    // Two ranges side by side have the fingerprint of the one range that they are together.
    static ulong Fingerprint(GfnRange frames) => Scatter(frames.End.Value) - Scatter(frames.Start.Value);

    static ulong Scatter(ulong value)
    {
        value = (value ^ (value >> 29)) * 0xBF58476D1CE4E5B9;
        return (value ^ (value >> 32)) * 0x94D049BB133111EB;
    }

    /// <summary>Follows the row that a slot begins.</summary>
    public void CheckRow(SlotSet set, MemorySlot first, Gfn limit)
    {
        Gfn expected = first.End;
        bool grown = true;
        while (grown && expected < limit)
        {
            grown = false;
            foreach (ref readonly Entry entry in _entries.AsSpan())
            {
                if (entry.Base != expected.Value || !entry.Slot.IsInStepWith(first))
                    continue;
                expected = entry.Slot.End;
                grown = true;
            }
        }
        Gfn found = set.EndOfRow(set.FindById(first.Id)!, limit);
        if (found != (expected < limit ? expected : limit))
            Assert.Fail($"the row of '{first}' ends at {found} instead of {expected} or {limit}");
    }

    /// <summary>Whether a slot has some of this host memory.</summary>
    public bool Uses(HvaRange range)
    {
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (entry.HvaStart < range.End.Value && range.Start.Value < entry.HvaEnd)
                return true;
        }
        return false;
    }

    static bool IsOld(ReadOnlySpan<SlotChange> changes, MemorySlot slot)
    {
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.Old == slot)
                return true;
        }
        return false;
    }

    // Here and above, messages are made only when they are needed: nearly all of a run is checks that pass.
    static void AssertSame<T>(MemorySlot? expected, MemorySlot? actual, string question, T about)
    {
        if (expected != actual)
            Assert.Fail($"{question}({about}): '{actual}' instead of '{expected}'");
    }

    readonly struct Entry(MemorySlot slot)
    {
        public readonly MemorySlot Slot = slot;
        public readonly ulong Base = slot.Base.Value;
        public readonly ulong End = slot.End.Value;
        public readonly ulong HvaStart = slot.HvaRange.Start.Value;
        public readonly ulong HvaEnd = slot.HvaRange.End.Value;
        public readonly ushort Id = slot.Id.Value;
    }

    /// <summary>A fingerprint of slots without regard to order: how many, and the sum of their identities.</summary>
    record struct Bag
    {
        long _sum;

        public int Count { get; private set; }

        public void Add(MemorySlot slot)
        {
            Count++;
            _sum += RuntimeHelpers.GetHashCode(slot);
        }
    }
}
