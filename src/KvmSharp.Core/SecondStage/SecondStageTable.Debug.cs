using System;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

// Restates the invariants of the entries, the tables and the counts as code.
public sealed partial class SecondStageTable
{
    /// <summary>Visits every table and compares it with what the types promise.</summary>
    /// <remarks>Assumes the lock held exclusively.</remarks>
    /// <exception cref="InvalidOperationException">An invariant is broken; the message says which and where.</exception>
    public void CheckInvariants()
    {
        Census census = default;
        for (int index = 0; index < TopSlots; index++)
        {
            ulong start = (ulong)index << TopShift;
            if (_top[index] is { } entry)
                Check(entry, TopLevel, start, ref census);
        }

        if (census.Tables != TableCount)
            throw Broken(0, $"{census.Tables} tables, counted {TableCount}");
        if (census.Leaves4K != CountLeaves(PageLevel.Page4K))
            throw Broken(0, $"{census.Leaves4K} leaves of 4 KiB");
        if (census.Leaves2M != CountLeaves(PageLevel.Page2M))
            throw Broken(0, $"{census.Leaves2M} leaves of 2 MiB");
        if (census.Leaves1G != CountLeaves(PageLevel.Page1G))
            throw Broken(0, $"{census.Leaves1G} leaves of 1 GiB");
    }

    // What a slot of slotLevel, which spans frames from start, refers to.
    static void Check(TableEntry entry, int slotLevel, ulong start, ref Census census)
    {
        switch (entry)
        {
            case LargeLeaf leaf:
                if (slotLevel is not ((int)PageLevel.Page2M or (int)PageLevel.Page1G))
                    throw Broken(start, "leaf in a wrong level");
                CheckSpte(leaf.Read(), (PageLevel)slotLevel, start, ref census);
                if (!leaf.Read().IsPresent)
                    throw Broken(start, "a retired leaf is linked");
                break;
            case LeafTable leaves:
                if (slotLevel != (int)PageLevel.Page2M)
                    throw Broken(start, "leaf table in a wrong level");
                census.Tables++;
                CheckPages(leaves, start, ref census);
                break;
            case InteriorTable table:
                if (slotLevel <= (int)PageLevel.Page2M)
                    throw Broken(start, "interior table in a wrong level");
                census.Tables++;
                CheckSlots(table, slotLevel - 1, start, ref census);
                break;
        }
    }

    static void CheckSlots(InteriorTable table, int level, ulong start, ref Census census)
    {
        int used = 0;
        for (int index = 0; index < PageLevels.EntriesPerTable; index++)
        {
            if (table.Read(index) is not { } below)
                continue;
            used++;
            Check(below, level, start + ((ulong)index << ((level - 1) * PageLevels.IndexBits)), ref census);
        }

        if (used != table.Used || used == 0)
            throw Broken(start, $"{used} slots in use, counted {table.Used}");
    }

    static void CheckPages(LeafTable leaves, ulong start, ref Census census)
    {
        int used = 0;
        for (int index = leaves.FindPresent(0, PageLevels.EntriesPerTable - 1); index >= 0;)
        {
            used++;
            CheckSpte(new Spte(leaves.Cell(index)), PageLevel.Page4K, start + (ulong)index, ref census);
            int next = index + 1;
            index = next < PageLevels.EntriesPerTable ? leaves.FindPresent(next, PageLevels.EntriesPerTable - 1) : -1;
        }

        if (used != leaves.Used || used == 0)
            throw Broken(start, $"{used} entries present, counted {leaves.Used}");
    }

    static void CheckSpte(Spte spte, PageLevel level, ulong start, ref Census census)
    {
        if (spte.Breach(level) is { } breach)
            throw Broken(start, $"{spte}: {breach}");
        if (level == PageLevel.Page4K)
            census.Leaves4K++;
        else if (level == PageLevel.Page2M)
            census.Leaves2M++;
        else
            census.Leaves1G++;
    }

    static InvalidOperationException Broken(ulong start, string what) => new($"{new Gfn(start)}: {what}");

    struct Census
    {
        public long Tables;
        public long Leaves4K;
        public long Leaves2M;
        public long Leaves1G;
    }
}
