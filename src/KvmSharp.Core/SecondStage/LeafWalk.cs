using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// Visits the present leaves that meet a range, in order of address, at a cost that follows the tables there are and not
/// the width of the range. It composes three steps: down into a table, sideways to its next entry, up to its parent.
/// </summary>
/// <remarks>
/// Reading may run at any time. <see cref="Remove"/> needs the lock held exclusively; the step up then unlinks the tables
/// it leaves empty, so a walk that removes must be driven to its end.
/// </remarks>
ref struct LeafWalk
{
    const int TopLevel = SecondStageTable.TopLevel;

    readonly SecondStageTable _root;
    readonly ulong _end;
    readonly ulong _start;

    // The tables from the top to the current one; the top itself has no object. Slot n is the table of level n.
    Path _path;
    int _level;

    // The first frame that the current table spans, and the first frame not visited yet.
    ulong _base;
    ulong _next;

    // Only a walk that removes may unlink: beside a zap, any other may meet a table that is about to be.
    bool _removes;
    ref ulong _cell;

    public LeafWalk(SecondStageTable root, GfnRange range)
    {
        _root = root;
        _start = range.Start.Value;
        _end = Math.Min(range.End.Value, SecondStageTable.GfnLimit);
        _next = _start;
        _level = TopLevel;
    }

    /// <summary>The first frame of the current leaf.</summary>
    public Gfn Base { get; private set; }

    /// <summary>The size of the current leaf.</summary>
    public PageLevel Level { get; private set; }

    /// <summary>The current leaf's entry.</summary>
    public readonly ref ulong Cell => ref _cell;

    /// <summary>Tables that the steps up have unlinked.</summary>
    public int UnlinkedTables { get; private set; }

    /// <summary>Moves to the next leaf.</summary>
    public bool MoveNext()
    {
        while (true)
        {
            int index = Side();
            if (index >= 0 ? Down(index) : !Up())
                return index >= 0;
        }
    }

    /// <summary>Frees the current leaf's entry.</summary>
    public void Remove()
    {
        _removes = true;
        SpteCell.Free(ref _cell);
        if (Level == PageLevel.Page4K)
            LeafTableHere.CountRemoved();
        else
            Unlink(_level, IndexAt(_level, Base.Value));
    }

    /// <summary>Replaces the current large leaf by the next smaller ones, which the walk then visits.</summary>
    public void Split()
    {
        if (SlotAt(_level, IndexAt(_level, Base.Value)) is LargeLeaf leaf)
            _root.SplitLeaf(ref SlotAt(_level, IndexAt(_level, Base.Value)), leaf, Level);
        _next = Math.Max(Base.Value, _start);
    }

    // The number of the current table's next entry in use, or −1 when the table or the range ends.
    readonly int Side()
    {
        ulong end = Math.Min(_end, _base + Span(_level + 1));
        if (_next >= end)
            return -1;
        int from = IndexAt(_level, _next);
        int to = IndexAt(_level, end - 1);
        return _level switch
        {
            (int)PageLevel.Page4K => LeafTableHere is { Used: > 0 } leaves ? leaves.FindPresent(from, to) : -1,
            TopLevel => _root.FindTop(from, to),
            _ => InteriorAt(_level) is { Used: > 0 } table ? table.FindUsed(from, to) : -1,
        };
    }

    // Enters the entry: true when it is a leaf, which becomes the current one.
    bool Down(int index)
    {
        ulong start = _base + ((ulong)index * Span(_level));
        if (_level == (int)PageLevel.Page4K)
            return Arrive(start, ref LeafTableHere.Cell(index));

        switch (Volatile.Read(ref SlotAt(_level, index)))
        {
            case LargeLeaf leaf:
                return Arrive(start, ref leaf.Cell);
            case { } table:
                _path[--_level] = table;
                _base = start;
                _next = Math.Max(_next, start);
                return false;
            default:
                // Only a walk beside a zap finds the slot freed in between.
                _next = start + Span(_level);
                return false;
        }
    }

    bool Arrive(ulong start, [UnscopedRef] ref ulong cell)
    {
        _next = start + Span(_level);
        Base = new Gfn(start);
        Level = (PageLevel)_level;
        _cell = ref cell;
        return SpteCell.Read(in cell) != 0;
    }

    // Leaves the current table, unlinking it when nothing is left in it: false at the top.
    bool Up()
    {
        if (_level == TopLevel)
            return false;
        int used = _level == (int)PageLevel.Page4K ? LeafTableHere.Used : InteriorAt(_level).Used;
        ulong start = _base;
        _next = Math.Max(_next, start + Span(_level + 1));
        _level++;
        _base &= ~(Span(_level + 1) - 1);
        if (used == 0 && _removes)
        {
            Unlink(_level, IndexAt(_level, start));
            UnlinkedTables++;
        }

        return true;
    }

    readonly void Unlink(int level, int index)
    {
        Volatile.Write(ref SlotAt(level, index), null);
        if (level < TopLevel)
            InteriorAt(level).CountRemoved();
    }

    readonly LeafTable LeafTableHere => (LeafTable)_path[(int)PageLevel.Page4K]!;

    readonly InteriorTable InteriorAt(int level) => (InteriorTable)_path[level]!;

    readonly ref TableEntry? SlotAt(int level, int index) =>
        ref (level == TopLevel ? ref _root.TopSlot(index) : ref InteriorAt(level).Slot(index));

    // Frames that one entry of a level spans; a level above the top spans everything.
    static ulong Span(int level) => 1UL << ((level - 1) * PageLevels.IndexBits);

    static int IndexAt(int level, ulong gfn) =>
        (int)(gfn >> ((level - 1) * PageLevels.IndexBits)) & (PageLevels.EntriesPerTable - 1);

    [InlineArray(TopLevel)]
    struct Path
    {
        TableEntry? _first;
    }
}
