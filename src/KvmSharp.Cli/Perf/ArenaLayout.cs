using System;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Perf;

/// <summary>How a test's memory is cut into slots, all of them alike but for the last.</summary>
/// <remarks>
/// The first page holds what host and guest synchronise with (<see cref="SyncPage"/>); the test's data follow. Pages are
/// counted from the first page of all, slots from the first test slot.
/// </remarks>
sealed class ArenaLayout
{
    /// <summary>Where the test slots begin.</summary>
    internal static readonly Gpa Start = new(0x1000_0000);

    /// <param name="cap">Slots that the machine may use: the harness slot and the test slots.</param>
    /// <param name="pages">Pages in all test slots, the synchronisation page included.</param>
    internal ArenaLayout(int cap, ulong pages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, 2);
        Cap = cap;
        Pages = pages;
        SlotCount = cap - 1;
        PagesPerSlot = pages / (ulong)SlotCount;
        LastSlotPages = PagesPerSlot + (pages % (ulong)SlotCount);
    }

    internal int Cap { get; }

    internal ulong Pages { get; }

    /// <summary>Test slots.</summary>
    internal int SlotCount { get; }

    /// <summary>Pages in each slot but the last; zero when there are more slots than pages.</summary>
    internal ulong PagesPerSlot { get; }

    internal ulong LastSlotPages { get; }

    /// <summary>The first page of the last slot.</summary>
    internal ulong LastSlotPage => PagesPerSlot * (ulong)(SlotCount - 1);

    /// <summary>The first address after the last slot.</summary>
    internal Gpa End => GpaOf(Pages);

    /// <summary>The greatest cap at which every slot has a page.</summary>
    internal static int MaximumCap(ulong pages) => checked((int)Math.Min(pages + 1, int.MaxValue));

    internal static Gpa GpaOf(ulong page) => Start + (page << Page.Shift);

    /// <summary>The page of an address in the test slots.</summary>
    internal static ulong PageOf(Gpa gpa) => (gpa - Start) >> Page.Shift;

    internal ulong PagesOf(int slot) => slot == SlotCount - 1 ? LastSlotPages : PagesPerSlot;

    internal ulong FirstPageOf(int slot) => PagesPerSlot * (ulong)slot;

    /// <summary>The slot that holds a page.</summary>
    internal int SlotOf(ulong page) => (int)Math.Min(page / PagesPerSlot, (ulong)(SlotCount - 1));
}
