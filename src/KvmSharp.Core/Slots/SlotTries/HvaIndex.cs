using System;
using KvmSharp.Addresses;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// A persistent index of slots by host memory, which slots may share. Slots that share none – nearly all, nearly always –
/// stand in a trie; one that overlaps a slot in the trie when it comes stands in a interval tree of intervals.
/// </summary>
/// <remarks>
/// A value, with the same rules as <see cref="IntervalTree"/>. A walk goes by host address and then by id, over both.
/// <para>
/// What stands here is the slot as it was created. A slot that moves or is re-flagged keeps its host memory and its id, so
/// the index stays as it is, and whoever finds a slot here asks the ids for what it has become.
/// </para>
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>slots in the trie do not overlap;</item>
/// <item>every slot is in exactly one of the two, and stays there until it is removed.</item>
/// </list>
/// </remarks>
struct HvaIndex
{
    const int IdBits = 16;

    RangeTrie<HostPages> _apart;
    IntervalTree _aliases;

    /// <summary>Whether slots share host memory.</summary>
    public readonly bool HasAliases => !_aliases.IsEmpty;

    /// <summary>Adds a slot.</summary>
    public void Insert(long edit, MemorySlot slot)
    {
        MemorySlot? neighbour = _apart.FirstFrom(HostPages.First(slot));
        if (neighbour is null || HostPages.First(neighbour) >= HostPages.End(slot))
            _apart.Insert(edit, slot);
        else
            _aliases.Insert(edit, Key(slot), (long)HostPages.End(slot), slot);
    }

    /// <summary>Takes a slot out, whatever has become of it since it was added.</summary>
    public void Remove(long edit, MemorySlot slot)
    {
        if (FindApart(slot) is { } created)
            _apart.Remove(edit, created);
        else
            _aliases.Remove(edit, Key(slot));
    }

    /// <summary>The next slot, by address and id, whose host memory meets a range – as it was when it was added.</summary>
    public readonly MemorySlot? Next(HvaRange range, MemorySlot? after)
    {
        // No slot lies above the user's half, so a range that goes on beyond may end there.
        ulong firstPage = range.Start.PageNumber;
        ulong lastPage = Math.Min(range.Last.PageNumber, SlotLimits.UserHvaEnd >> Page.Shift);
        // Without aliases no other slot has a page that one has: most walks begin and end here.
        if (_aliases.IsEmpty)
        {
            if (_apart.IsEmpty)
                return null;
            if (after is null && _apart.Find(firstPage) is { } found)
                return found;
            if (after is not null && HostPages.End(after) > lastPage)
                return null;
        }
        long afterKey = after is null ? -1 : Key(after);

        MemorySlot? apart = _apart.FirstFrom(after is null ? firstPage : Math.Max(firstPage, HostPages.First(after)));
        while (apart is not null && Key(apart) <= afterKey)
            apart = _apart.FirstFrom(HostPages.End(apart));
        if (apart is not null && HostPages.First(apart) > lastPage)
            apart = null;
        if (_aliases.IsEmpty)
            return apart;

        long lastKey = apart is null ? (long)((lastPage << IdBits) | ushort.MaxValue) : Key(apart);
        return _aliases.FindNext(afterKey, lastKey, (long)firstPage) ?? apart;
    }

    readonly MemorySlot? FindApart(MemorySlot slot) =>
        _apart.Find(HostPages.First(slot)) is { } found && found.Id == slot.Id ? found : null;

    // Page numbers with the id below, so that slots on the same host page differ.
    static long Key(MemorySlot slot) => (long)((HostPages.First(slot) << IdBits) | slot.Id.Value);

    /// <summary>Checks the invariants that concern one slot.</summary>
    public readonly bool Holds(MemorySlot slot) =>
        FindApart(slot) is null != _aliases.FindNext(Key(slot) - 1, Key(slot), 0) is null;

    /// <summary>Checks the invariants of both parts, and that they hold as many slots as there should be.</summary>
    public readonly void CheckInvariants(int count)
    {
        _apart.CheckInvariants();
        int aliases = _aliases.CheckInvariants();
        ulong end = 0;
        for (MemorySlot? slot = _apart.FirstFrom(0); slot is not null; slot = _apart.FirstFrom(end))
        {
            if (HostPages.First(slot) < end)
                throw new InvalidOperationException("hva index: slots in the trie overlap");
            end = HostPages.End(slot);
            count--;
        }
        if (count != aliases)
            throw new InvalidOperationException($"hva index: {count} slots are not apart, {aliases} are aliases");
    }
}
