using System;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

// Adding leaves. Everything here may run beside itself and beside lock-free walks.
public sealed partial class SecondStageTable
{
    /// <summary>Maps a frame, with the leaf around it, to a host page.</summary>
    /// <param name="gfn">The frame that faulted; any frame of the leaf wanted.</param>
    /// <param name="level">The largest leaf allowed: the caller knows that all its frames lie in one slot.</param>
    /// <param name="hva">The host page of <paramref name="gfn"/>, at the same offset in its leaf as the frame.</param>
    /// <param name="writable">Whether to allow writes.</param>
    /// <param name="accessed">Whether to count it as used.</param>
    /// <param name="dirty">Whether to count it as written; only with <paramref name="writable"/>.</param>
    /// <returns>Whether the table changed; if not, the fault was spurious.</returns>
    /// <remarks>
    /// Assumes the lock held, shared is enough. What is there already stays:
    /// <list type="bullet">
    /// <item>smaller leaves inside the leaf wanted: the largest leaf around <paramref name="gfn"/> that disturbs none of
    /// them is mapped;</item>
    /// <item>a leaf of the size wanted: rights and bits are added, never taken away;</item>
    /// <item>a larger leaf that has the rights: the bits are added; one that lacks them is split first, because its other
    /// frames must not gain a right that nobody asked for.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The frame is mapped to another host page.</exception>
    public bool Map(Gfn gfn, PageLevel level, Hva hva, bool writable, bool accessed = true, bool dirty = false)
    {
        CheckMap(gfn, level, hva, writable, dirty);
        ulong flags = (writable ? Spte.Writable : 0) | (accessed ? Spte.Accessed : 0) | (dirty ? Spte.Dirty : 0);
        InteriorTable? parent = null;
        ref TableEntry? slot = ref TopSlot((int)(gfn.Value >> TopShift));
        int slotLevel = TopLevel;
        while (true)
        {
            // Pairs with the compare-exchange below.
            switch (Volatile.Read(ref slot))
            {
                case null:
                    PageLevel goal = (PageLevel)Math.Min((int)level, slotLevel);
                    TableEntry path = BuildPath(slotLevel, goal, gfn, LeafOf(gfn, goal, hva, flags), out int tables);
                    // Publishes a path that was built privately, so a linked table is never empty. Pairs with Descend().
                    if (Interlocked.CompareExchange(ref slot, path, null) is not null)
                        break;
                    parent?.CountInstalled();
                    Counters.AddLeaves(goal, 1);
                    Counters.AddTables(tables);
                    return true;

                case InteriorTable table:
                    parent = table;
                    slotLevel--;
                    slot = ref table.Slot((int)(gfn.Value >> ((slotLevel - 1) * PageLevels.IndexBits)));
                    break;

                case LeafTable leaves:
                    return MapPage(leaves, gfn, hva, flags);

                case LargeLeaf leaf:
                    if (MapInside(ref slot, leaf, (PageLevel)slotLevel, gfn, level, hva, flags) is { } changed)
                        return changed;
                    break;
            }
        }
    }

    /// <summary>
    /// Replaces a large leaf by leaves of the next size with the same rights and bits. No update of the leaf's bits is
    /// lost, and none of its frames is unmapped meanwhile.
    /// </summary>
    /// <remarks>
    /// 1. Copy the value into a private table. 2. Exchange the leaf for the table: from here walks use the copies.
    /// 3. Retire the leaf: whoever still holds it can change it no more. 4. Give the copies the bits that arrived in
    /// the leaf between 1 and 3. Assumes the lock held, shared is enough: zaps and write-protections must stay out
    /// until step 4 is done, or it would return a right that they took.
    /// </remarks>
    /// <returns>Whether this call split it; <see langword="false"/> when another did.</returns>
    internal bool SplitLeaf(ref TableEntry? slot, LargeLeaf leaf, PageLevel level)
    {
        Spte copied = leaf.Read();
        if (!copied.IsPresent)
            return false;
        LeafTable? pages = level == PageLevel.Page2M ? new LeafTable(copied) : null;
        InteriorTable? table = pages is null ? new InteriorTable(copied) : null;
        // Pairs with Descend().
        if (!ReferenceEquals(Interlocked.CompareExchange(ref slot, (TableEntry?)pages ?? table, leaf), leaf))
            return false;

        // Pairs with the compare-exchange in SpteCell.TrySet(), which from here fails on this leaf.
        ulong late = leaf.Retire() & ~copied.Value;
        if (late != 0 && pages is not null)
            AddBits(pages, late);
        for (int index = 0; late != 0 && table is not null && index < PageLevels.EntriesPerTable; index++)
            AddBits(ref table.Slot(index), late);

        Counters.AddLeaves(level, -1);
        Counters.AddLeaves(level - 1, PageLevels.EntriesPerTable);
        Counters.AddTables(1);
        return true;
    }

    static void AddBits(LeafTable pages, ulong bits)
    {
        for (int index = 0; index < PageLevels.EntriesPerTable; index++)
            SpteCell.TrySet(ref pages.Cell(index), bits, Spte.Present);
    }

    static void AddBits(ref TableEntry? slot, ulong bits)
    {
        // Fails only on a leaf that another map has just split; then its pages are linked already.
        while (Volatile.Read(ref slot) is LargeLeaf leaf)
        {
            if (SpteCell.TrySet(ref leaf.Cell, bits, Spte.Present))
                return;
        }

        if (Volatile.Read(ref slot) is LeafTable pages)
            AddBits(pages, bits);
    }

    // A large leaf stands where the frame is to be mapped: none when it was retired or has just been split.
    bool? MapInside(
        ref TableEntry? slot, LargeLeaf leaf, PageLevel leafLevel, Gfn gfn, PageLevel level, Hva hva, ulong flags)
    {
        Spte found = leaf.Read();
        if (!found.IsPresent)
            return null;
        if (found.HvaOf(gfn, leafLevel) != hva)
            ThrowOtherPage(gfn, found, hva);
        if ((found.Value & flags) == flags)
            return false;

        ulong missing = flags & ~found.Value;
        if (level < leafLevel && (missing & Spte.Writable) != 0)
        {
            SplitLeaf(ref slot, leaf, leafLevel);
            return null;
        }

        return SpteCell.TrySet(ref leaf.Cell, flags, Spte.Present) ? true : null;
    }

    bool MapPage(LeafTable leaves, Gfn gfn, Hva hva, ulong flags)
    {
        ref ulong cell = ref leaves.Cell(gfn);
        Spte wanted = LeafOf(gfn, PageLevel.Page4K, hva, flags);
        if (SpteCell.Read(in cell) == 0 && SpteCell.TryInstall(ref cell, wanted.Value))
        {
            leaves.CountInstalled();
            Counters.AddLeaves(PageLevel.Page4K, 1);
            return true;
        }

        // Present, and no zap can come between: only rights and bits may be missing.
        Spte found = new(SpteCell.Read(in cell));
        if (found.HostPage != hva)
            ThrowOtherPage(gfn, found, hva);
        return (found.Value & flags) != flags && SpteCell.TrySet(ref cell, flags, Spte.Present);
    }

    // A leaf and the tables above it, up to what goes into a slot of slotLevel.
    static TableEntry BuildPath(int slotLevel, PageLevel level, Gfn gfn, Spte leaf, out int tables)
    {
        bool small = level == PageLevel.Page4K;
        TableEntry entry = small ? new LeafTable(gfn, leaf) : new LargeLeaf(leaf);
        tables = small ? 1 : 0;
        for (int at = small ? (int)PageLevel.Page2M : (int)level; at < slotLevel; at++, tables++)
            entry = new InteriorTable((int)(gfn.Value >> ((at - 1) * PageLevels.IndexBits)), entry);
        return entry;
    }

    static Spte LeafOf(Gfn gfn, PageLevel level, Hva hva, ulong flags)
    {
        ulong offset = (gfn.Value & (level.PageCount - 1)) << Page.Shift;
        return new Spte((hva.Value - offset) | flags | Spte.Present | (level > PageLevel.Page4K ? Spte.Large : 0));
    }

    static void CheckMap(Gfn gfn, PageLevel level, Hva hva, bool writable, bool dirty)
    {
        if (gfn.Value >= GfnLimit)
            throw new ArgumentOutOfRangeException(nameof(gfn), $"{gfn} is past the last frame");
        if (level is < PageLevel.Page4K or > PageLevel.Page1G)
            throw new ArgumentOutOfRangeException(nameof(level), $"no leaf of level {level}");
        if ((hva.Value & ~Spte.HostPageMask) != 0)
            throw new ArgumentException($"{hva} is not a host page that can be mapped", nameof(hva));
        if (((hva.PageNumber ^ gfn.Value) & (level.PageCount - 1)) != 0)
            throw new ArgumentException($"{gfn} and {hva} lie at different offsets in a leaf of {level}", nameof(hva));
        if (dirty && !writable)
            throw new ArgumentException("dirty without writable", nameof(dirty));
    }
}
