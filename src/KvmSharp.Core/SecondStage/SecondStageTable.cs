using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.SecondStage;

/// <summary>
/// The second stage of one address space: guest frame → host page and rights. It is a cache of what the memory slots
/// say, filled by faults and emptied by zaps.
/// </summary>
/// <remarks>
/// <code>
///  gfn:  39    36 35        27 26        18 17         9 8          0
///       +--------+------------+------------+------------+------------+
///       |  top   |  level 4   |  level 3   |  level 2   |  level 1   |
///       +--------+------------+------------+------------+------------+
///        16 slots  interior     interior     interior     LeafTable
///                               or 1 GiB     or 2 MiB     4 KiB
/// </code>
/// The small top keeps an empty space small; everything below is made when it is mapped and given back when it is empty.
/// <para>Locking. Three kinds of work, told apart by what the caller holds:</para>
/// <list type="bullet">
/// <item><em>no lock</em>: <see cref="Walk(Gfn, out PageLevel)"/>, <see cref="FindLeafTable"/>, <see cref="SetAccessed"/>,
/// <see cref="SetDirty"/>, <see cref="IsYoung"/>, <see cref="ListLeaves"/>;</item>
/// <item><em>shared</em>: <see cref="Map"/>, beside other maps;</item>
/// <item><em>exclusive</em>: <see cref="Zap"/>, <see cref="WriteProtect"/>, <see cref="Split"/>, <see cref="Age"/>.</item>
/// </list>
/// Lock-free work may meet any of these. It sees each entry before or after a change, may follow a table that has just
/// been unlinked – the garbage collector keeps it – and then sees entries that are not present.
/// </remarks>
public sealed partial class SecondStageTable
{
    /// <summary>Bits of a guest frame number that the table translates: 52 bits of guest physical address.</summary>
    public const int GfnBits = 40;

    /// <summary>The frame after the last that can be mapped.</summary>
    internal const ulong GfnLimit = 1UL << GfnBits;

    /// <summary>The level of the top's slots, one above the highest table's.</summary>
    internal const int TopLevel = 5;

    const int TopShift = (TopLevel - 1) * PageLevels.IndexBits;
    const int TopSlots = 1 << (GfnBits - TopShift);

    // Slots are filled under the shared lock by compare-exchange, freed under the exclusive lock, read at any time.
    TopRow _top;

    // Made by the first map and never replaced, so that an unused space costs nothing for it.
    TableCounters? _counters;

    /// <summary>The entry that maps a frame.</summary>
    /// <param name="gfn">Any frame number; those past the last mappable one are never present.</param>
    /// <param name="level">The leaf's size, or <see cref="PageLevel.None"/> when nothing is mapped.</param>
    /// <returns>The leaf's entry; its host page is the leaf's first (<see cref="Spte.HvaOf"/>).</returns>
    /// <remarks>Needs no lock.</remarks>
    public Spte Walk(Gfn gfn, out PageLevel level) => Walk(gfn, out level, out _);

    /// <summary>The entry that maps a frame, and the table of 4 KiB entries it stands in, which the caller may keep.</summary>
    /// <param name="gfn">Any frame number.</param>
    /// <param name="level">The leaf's size, or <see cref="PageLevel.None"/> when nothing is mapped.</param>
    /// <param name="leaves">The table; none when a larger leaf or nothing is mapped there. See <see cref="LeafTable"/>.</param>
    /// <returns>The leaf's entry.</returns>
    /// <remarks>Needs no lock.</remarks>
    public Spte Walk(Gfn gfn, out PageLevel level, out LeafTable? leaves)
    {
        TableEntry? entry = Descend(gfn, out int slotLevel);
        Spte spte = default;
        leaves = entry as LeafTable;
        if (leaves is not null)
        {
            spte = leaves.Read(gfn);
            slotLevel = (int)PageLevel.Page4K;
        }
        else if (entry is LargeLeaf leaf)
        {
            spte = leaf.Read();
            if (!spte.IsPresent)
                return WalkAgain(leaf, gfn, out level, out leaves);
        }

        level = spte.IsPresent ? (PageLevel)slotLevel : PageLevel.None;
        return spte;
    }

    // Looks again where a retired leaf was found.
    [MethodImpl(MethodImplOptions.NoInlining)]
    Spte WalkAgain(LargeLeaf retired, Gfn gfn, out PageLevel level, out LeafTable? leaves)
    {
        if (IsReplaced(retired, gfn))
            return Walk(gfn, out level, out leaves);
        level = PageLevel.None;
        leaves = null;
        return default;
    }

    /// <summary>The table that holds, or held until just now, the 4 KiB entries around a frame.</summary>
    /// <returns>None when a larger leaf or nothing is mapped there.</returns>
    /// <remarks>Needs no lock. The table may be kept; see <see cref="LeafTable"/>.</remarks>
    public LeafTable? FindLeafTable(Gfn gfn) => Descend(gfn, out _) as LeafTable;

    /// <summary>Records that a frame was used.</summary>
    /// <returns>Whether it is mapped.</returns>
    /// <remarks>Needs no lock; loses against a zap.</remarks>
    public bool SetAccessed(Gfn gfn) => TrySet(gfn, Spte.Accessed, Spte.Present);

    /// <summary>Records that a frame was written, and so used.</summary>
    /// <returns>Whether it is mapped writable.</returns>
    /// <remarks>Needs no lock; loses against a zap and a write-protection.</remarks>
    public bool SetDirty(Gfn gfn) => TrySet(gfn, Spte.Accessed | Spte.Dirty, Spte.Writable);

    // Follows tables as far as they go. The level is that of the slot in which the result was found. Inlined, because
    // the call costs as much as two of the loads.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    TableEntry? Descend(Gfn gfn, out int slotLevel)
    {
        ulong value = gfn.Value;
        slotLevel = TopLevel;
        if (value >= GfnLimit)
            return null;

        // Pairs with the compare-exchanges in Map() and SplitLeaf(): what is linked is seen complete.
        TableEntry? entry = Volatile.Read(ref _top[(int)(value >> TopShift) & (TopSlots - 1)]);
        int shift = TopShift;
        while (entry is InteriorTable table)
        {
            shift -= PageLevels.IndexBits;
            slotLevel--;
            entry = table.Read((int)(value >> shift));
        }

        return entry;
    }

    bool TrySet(Gfn gfn, ulong bits, ulong required)
    {
        while (true)
        {
            switch (Descend(gfn, out _))
            {
                case LeafTable leaves:
                    return SpteCell.TrySet(ref leaves.Cell(gfn), bits, required);
                case LargeLeaf leaf:
                    if (SpteCell.TrySet(ref leaf.Cell, bits, required))
                        return true;
                    if (leaf.Read().IsPresent || !IsReplaced(leaf, gfn))
                        return false;
                    break;
                default:
                    return false;
            }
        }
    }

    // Whether a leaf that was found retired was split, not zapped: smaller leaves were linked before it was retired.
    bool IsReplaced(LargeLeaf retired, Gfn gfn) =>
        Descend(gfn, out _) is { } entry && !ReferenceEquals(entry, retired);

    internal ref TableEntry? TopSlot(int index) => ref _top[index & (TopSlots - 1)];

    internal int FindTop(int from, int to)
    {
        for (int index = from; index <= to; index++)
        {
            if (Volatile.Read(ref _top[index]) is not null)
                return index;
        }

        return -1;
    }

    TableCounters Counters => Volatile.Read(ref _counters) ?? MakeCounters();

    TableCounters MakeCounters()
    {
        TableCounters made = new();
        return Interlocked.CompareExchange(ref _counters, made, null) ?? made;
    }

    [DoesNotReturn]
    static void ThrowOtherPage(Gfn gfn, Spte found, Hva hva) =>
        throw new InvalidOperationException($"{gfn} is mapped to {found} and cannot be mapped to {hva} without a zap");

    [InlineArray(TopSlots)]
    struct TopRow
    {
        TableEntry? _first;
    }
}
