using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Checkpoints;

/// <summary>
/// Which host memory an image holds, and where: the slots' ranges, joined where they meet, one behind the other. Slots that
/// share host memory share the image's pages.
/// </summary>
sealed class MemoryLayout
{
    // In ascending order of address, none touching the next.
    readonly HvaRange[] _ranges;
    readonly ulong[] _firstPages;

    internal MemoryLayout(IEnumerable<MemorySlot> slots)
    {
        List<HvaRange> sorted = [];
        foreach (MemorySlot slot in slots)
            sorted.Add(slot.HvaRange);
        sorted.Sort(static (left, right) => left.Start.Value.CompareTo(right.Start.Value));
        List<HvaRange> joined = [];
        foreach (HvaRange range in sorted)
        {
            if (joined.Count != 0 && range.Start <= joined[^1].End)
            {
                Hva end = range.End > joined[^1].End ? range.End : joined[^1].End;
                joined[^1] = new HvaRange(joined[^1].Start, end - joined[^1].Start);
            }
            else
            {
                joined.Add(range);
            }
        }
        _ranges = [.. joined];
        _firstPages = new ulong[_ranges.Length];
        for (int index = 0; index < _ranges.Length; index++)
        {
            _firstPages[index] = PageCount;
            PageCount += _ranges[index].Length >> Page.Shift;
        }
    }

    /// <summary>The layout of memory that lies as in the image.</summary>
    internal MemoryLayout(HvaRange memory)
    {
        _ranges = memory.IsEmpty ? [] : [memory];
        _firstPages = new ulong[_ranges.Length];
        PageCount = memory.Length >> Page.Shift;
    }

    /// <summary>Pages in all.</summary>
    internal ulong PageCount { get; }

    /// <summary>The image's page for an address that it holds.</summary>
    internal ulong PageOf(Hva hva) => _firstPages[IndexFrom(hva)] + ((hva - _ranges[IndexFrom(hva)].Start) >> Page.Shift);

    /// <summary>The first part of a range that the image holds, and its first page there.</summary>
    /// <returns><see langword="false"/> when it holds none of it.</returns>
    internal bool TryFindFirst(HvaRange range, out HvaRange part, out ulong page)
    {
        part = default;
        page = 0;
        int index = IndexFrom(range.Start);
        if (range.IsEmpty || index == _ranges.Length || _ranges[index].Start >= range.End)
            return false;
        HvaRange held = _ranges[index];
        Hva start = held.Start > range.Start ? held.Start : range.Start;
        Hva end = held.End < range.End ? held.End : range.End;
        part = new HvaRange(start, end - start);
        page = _firstPages[index] + ((start - held.Start) >> Page.Shift);
        return true;
    }

    // The first range that ends above an address.
    int IndexFrom(Hva hva)
    {
        int low = 0;
        int high = _ranges.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].End <= hva)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    internal bool IsSameAs(MemoryLayout other) => _ranges.AsSpan().SequenceEqual(other._ranges);
}
