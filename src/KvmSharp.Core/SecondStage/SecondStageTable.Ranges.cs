using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

// Work on ranges. A leaf belongs to a range when it shares a frame with it; it is then treated whole, as KVM does.
// Frames past the last mappable one may be named and are never mapped. The cost follows the tables under the range.
public sealed partial class SecondStageTable
{
    /// <summary>Unmaps every leaf that meets the range and gives back the tables left empty.</summary>
    /// <returns>Leaves removed. A large leaf counts as one and is removed whole, even where it leaves the range: the
    /// rest is mapped again when it is used.</returns>
    /// <remarks>Assumes the lock held exclusively. Flushing what vCPUs have cached is the caller's part.</remarks>
    public ulong Zap(GfnRange range)
    {
        LeafWalk walk = new(this, range);
        long pages = 0, large = 0, huge = 0;
        while (walk.MoveNext())
        {
            walk.Remove();
            if (walk.Level == PageLevel.Page4K)
                pages++;
            else if (walk.Level == PageLevel.Page2M)
                large++;
            else
                huge++;
        }

        long removed = pages + large + huge;
        if (removed != 0)
        {
            Counters.AddLeaves(PageLevel.Page4K, -pages);
            Counters.AddLeaves(PageLevel.Page2M, -large);
            Counters.AddLeaves(PageLevel.Page1G, -huge);
            Counters.AddTables(-walk.UnlinkedTables);
        }

        return (ulong)removed;
    }

    /// <summary>Takes the right to write, and the dirty bit with it, from every leaf that meets the range.</summary>
    /// <param name="range">Frames.</param>
    /// <param name="minLevel">Leaves smaller than this are left alone.</param>
    /// <returns>Whether any leaf lost the right, so that vCPUs' cached translations must be flushed.</returns>
    /// <remarks>
    /// Assumes the lock held exclusively. A dirty bit says no more than "already reported": whoever set it has marked the
    /// dirty log, so nothing is lost with it.
    /// </remarks>
    public bool WriteProtect(GfnRange range, PageLevel minLevel = PageLevel.Page4K)
    {
        LeafWalk walk = new(this, range);
        ulong taken = 0;
        while (walk.MoveNext())
        {
            if (walk.Level >= minLevel)
                taken |= SpteCell.Clear(ref walk.Cell, Spte.Writable | Spte.Dirty);
        }

        return taken != 0;
    }

    /// <summary>Splits every leaf above <paramref name="target"/> that meets the range.</summary>
    /// <param name="range">Frames. Of a 1 GiB leaf, only the 2 MiB parts that meet the range become 4 KiB pages.</param>
    /// <param name="target">The largest size to leave.</param>
    /// <returns>Whether any leaf was split. Translations stay the same, so cached ones stay right.</returns>
    /// <remarks>Assumes the lock held exclusively.</remarks>
    public bool Split(GfnRange range, PageLevel target)
    {
        LeafWalk walk = new(this, range);
        bool changed = false;
        while (walk.MoveNext())
        {
            if (walk.Level > target)
            {
                walk.Split();
                changed = true;
            }
        }

        return changed;
    }

    /// <summary>Forgets that the leaves that meet the range were used.</summary>
    /// <returns>Whether any was.</returns>
    /// <remarks>Assumes the lock held exclusively.</remarks>
    public bool Age(GfnRange range)
    {
        LeafWalk walk = new(this, range);
        ulong young = 0;
        while (walk.MoveNext())
            young |= SpteCell.Clear(ref walk.Cell, Spte.Accessed);
        return young != 0;
    }

    /// <summary>Whether any leaf that meets the range was used since it was last aged.</summary>
    /// <remarks>Needs no lock; beside a split it may miss a leaf.</remarks>
    public bool IsYoung(GfnRange range)
    {
        LeafWalk walk = new(this, range);
        while (walk.MoveNext())
        {
            if ((SpteCell.Read(in walk.Cell) & Spte.Accessed) != 0)
                return true;
        }

        return false;
    }

    /// <summary>The leaves that meet the range, in order of address.</summary>
    /// <remarks>Needs no lock; a snapshot of each leaf, not of all of them together, unless a lock is held.</remarks>
    public IReadOnlyList<MappedLeaf> ListLeaves(GfnRange range)
    {
        List<MappedLeaf> leaves = [];
        LeafWalk walk = new(this, range);
        while (walk.MoveNext())
        {
            Spte spte = new(SpteCell.Read(in walk.Cell));
            if (spte.IsPresent)
                leaves.Add(new MappedLeaf(walk.Base, walk.Level, spte));
        }

        return leaves;
    }

    /// <summary>Pages of 4 KiB that present leaves cover.</summary>
    /// <remarks>The counts need no lock. Beside maps they lag behind the table; under the exclusive lock they are exact.</remarks>
    public long MappedPages =>
        CountLeaves(PageLevel.Page4K)
        + (CountLeaves(PageLevel.Page2M) * (long)PageLevel.Page2M.PageCount)
        + (CountLeaves(PageLevel.Page1G) * (long)PageLevel.Page1G.PageCount);

    /// <summary>Tables of either kind below the top.</summary>
    public long TableCount => Volatile.Read(ref _counters)?.Tables ?? 0;

    /// <summary>Bytes of managed memory in tables and large leaves.</summary>
    public long TableBytes =>
        (TableCount * InteriorTable.Bytes)
        + ((CountLeaves(PageLevel.Page2M) + CountLeaves(PageLevel.Page1G)) * LargeLeaf.Bytes);

    /// <summary>Present leaves of one size.</summary>
    public long CountLeaves(PageLevel level) => Volatile.Read(ref _counters)?.Leaves(level) ?? 0;
}
