using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// A table of 4 KiB entries. A vCPU may keep the one it used last, as a processor's paging-structure cache does, and
/// read further entries of the same 2 MiB from it with one load each.
/// </summary>
/// <remarks>
/// A kept table need not be given up when pages are zapped: it then holds only entries that are not present, for ever,
/// and the vCPU must look again from the top (<see cref="SecondStageTable.FindLeafTable"/>).
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>the used count is the number of present entries, whenever nobody is mapping;</item>
/// <item>a linked table has at least one present entry; an unlinked one has none and never gets one.</item>
/// </list>
/// </remarks>
public sealed class LeafTable : TableEntry
{
    /// <summary>What one costs: header, type, used count and entries.</summary>
    internal const int Bytes = 24 + (PageLevels.EntriesPerTable * sizeof(ulong));

    const int IndexMask = PageLevels.EntriesPerTable - 1;

    // Changed by Interlocked under the shared lock; plainly under the exclusive lock or while the table is private.
    int _used;
    Row _row;

    /// <summary>A table that holds one entry, not yet linked.</summary>
    internal LeafTable(Gfn gfn, Spte spte)
    {
        Cell(gfn) = spte.Value;
        _used = 1;
    }

    /// <summary>A table that maps what <paramref name="large"/> maps, with its rights and bits; not yet linked.</summary>
    internal LeafTable(Spte large)
    {
        ulong value = large.Value & ~Spte.Large;
        foreach (ref ulong cell in (Span<ulong>)_row)
        {
            cell = value;
            value += Page.Size;
        }

        _used = PageLevels.EntriesPerTable;
    }

    /// <summary>Present entries.</summary>
    internal int Used => Volatile.Read(ref _used);

    /// <summary>The entry of a frame.</summary>
    /// <param name="gfn">A frame of the 2 MiB for which the table was found.</param>
    /// <remarks>Needs no lock.</remarks>
    public Spte Read(Gfn gfn) => new(SpteCell.Read(in Cell(gfn)));

    /// <summary>Records that a frame was used.</summary>
    /// <param name="gfn">A frame of the 2 MiB for which the table was found.</param>
    /// <returns>Whether the entry is present and now accessed.</returns>
    /// <remarks>Needs no lock; loses against a zap.</remarks>
    public bool TrySetAccessed(Gfn gfn) => SpteCell.TrySet(ref Cell(gfn), Spte.Accessed, Spte.Present);

    /// <summary>Records that a frame was written, and so used.</summary>
    /// <param name="gfn">A frame of the 2 MiB for which the table was found.</param>
    /// <returns>Whether the entry is writable and now dirty.</returns>
    /// <remarks>Needs no lock; loses against a zap and a write-protection.</remarks>
    public bool TrySetDirty(Gfn gfn) => SpteCell.TrySet(ref Cell(gfn), Spte.Accessed | Spte.Dirty, Spte.Writable);

    internal ref ulong Cell(Gfn gfn) => ref _row[(int)gfn.Value & IndexMask];

    internal ref ulong Cell(int index) => ref _row[index & IndexMask];

    internal void CountInstalled() => Interlocked.Increment(ref _used);

    internal void CountRemoved() => _used--;

    /// <summary>The first entry in [from, to] that is present, or −1.</summary>
    internal int FindPresent(int from, int to)
    {
        ReadOnlySpan<ulong> row = _row;
        if (row[from] != 0)
            return from;
        int skipped = row[from..(to + 1)].IndexOfAnyExcept(0UL);
        return skipped < 0 ? skipped : from + skipped;
    }

    [InlineArray(PageLevels.EntriesPerTable)]
    struct Row
    {
        ulong _first;
    }
}
