using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// A table of references: to tables of the level below, or, in levels 2 and 3, to large leaves.
/// </summary>
/// <remarks>
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>the used count is the number of slots in use, whenever nobody is mapping;</item>
/// <item>a linked table has at least one slot in use; an unlinked one has none and never gets one.</item>
/// </list>
/// </remarks>
sealed class InteriorTable : TableEntry
{
    /// <summary>What one costs: header, type, used count and references.</summary>
    public const int Bytes = 24 + (PageLevels.EntriesPerTable * sizeof(ulong));

    const int IndexMask = PageLevels.EntriesPerTable - 1;

    // Changed by Interlocked under the shared lock; plainly under the exclusive lock or while the table is private.
    int _used;
    Row _row;

    /// <summary>A table with one slot in use, not yet linked.</summary>
    public InteriorTable(int index, TableEntry entry)
    {
        _row[index & IndexMask] = entry;
        _used = 1;
    }

    /// <summary>A table that maps what a 1 GiB leaf maps, with its rights and bits; not yet linked.</summary>
    public InteriorTable(Spte large)
    {
        ulong value = large.Value;
        foreach (ref TableEntry? slot in (Span<TableEntry?>)_row)
        {
            slot = new LargeLeaf(new Spte(value));
            value += PageLevel.Page2M.PageCount << Page.Shift;
        }

        _used = PageLevels.EntriesPerTable;
    }

    /// <summary>Slots in use.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>The slot with this number; higher bits are ignored.</summary>
    public ref TableEntry? Slot(int index) => ref _row[index & IndexMask];

    /// <summary>What the slot refers to now.</summary>
    /// <remarks>Pairs with the compare-exchange in <see cref="SecondStageTable"/>: a linked table's contents are seen.</remarks>
    public TableEntry? Read(int index) => Volatile.Read(ref _row[index & IndexMask]);

    public void CountInstalled() => Interlocked.Increment(ref _used);

    public void CountRemoved() => _used--;

    /// <summary>The first slot in [from, to] in use, or −1.</summary>
    public int FindUsed(int from, int to)
    {
        ReadOnlySpan<TableEntry?> row = _row;
        for (int index = from; index <= to; index++)
        {
            if (row[index] is not null)
                return index;
        }

        return -1;
    }

    [InlineArray(PageLevels.EntriesPerTable)]
    struct Row
    {
        TableEntry? _first;
    }
}
