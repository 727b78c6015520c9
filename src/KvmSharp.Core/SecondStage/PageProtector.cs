using System.Numerics;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// Takes the right to write from single pages, many of them and mostly in ascending order, as a dirty log is harvested.
/// Keeps the table that it used last.
/// </summary>
/// <remarks>Assumes the MMU lock held exclusively. What was cut up stays so while the slot is logged.</remarks>
ref struct PageProtector(SecondStageTable table)
{
    readonly SecondStageTable _table = table;
    LeafTable? _leaves;
    ulong _region = ulong.MaxValue;
    ulong _taken;

    /// <summary>Whether any page lost the right, so that vCPUs' cached translations must be flushed.</summary>
    public readonly bool HasTaken => _taken != 0;

    /// <summary>Large leaves that were cut up.</summary>
    public int Splits { get; private set; }

    /// <summary>Takes the right from pages.</summary>
    /// <param name="first">The frame of bit 0.</param>
    /// <param name="pages">A bit for each page.</param>
    public void Protect(Gfn first, ulong pages)
    {
        for (; pages != 0; pages &= pages - 1)
        {
            Gfn gfn = first + (ulong)BitOperations.TrailingZeroCount(pages);
            if (gfn.Value >> PageLevels.IndexBits != _region)
                Enter(gfn);
            if (_leaves is not null)
                _taken |= SpteCell.Clear(ref _leaves.Cell(gfn), Spte.Writable | Spte.Dirty);
        }
    }

    /// <summary>Takes the right from a long row of pages.</summary>
    public void Protect(GfnRange range)
    {
        Split(range);
        _taken |= _table.WriteProtect(range) ? 1UL : 0;
    }

    // Tracking is by page: a leaf that was large before logging began is cut up when a page of it is first harvested.
    void Enter(Gfn gfn)
    {
        _region = gfn.Value >> PageLevels.IndexBits;
        _leaves = _table.FindLeafTable(gfn);
        if (_leaves is null && Split(new GfnRange(gfn, 1)))
            _leaves = _table.FindLeafTable(gfn);
    }

    // Each leaf that is cut up makes one table, and nobody else makes any under the exclusive lock.
    bool Split(GfnRange range)
    {
        long tables = _table.TableCount;
        bool split = _table.Split(range, PageLevel.Page4K);
        Splits += (int)(_table.TableCount - tables);
        return split;
    }
}
