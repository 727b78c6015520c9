using System;
using System.Collections.Generic;

namespace KvmSharp.Buses;

/// <summary>The receivers of a bus at one moment, by their addresses. Never changed: a change makes another.</summary>
/// <remarks>
/// The order and the search are KVM's, because a guest can see them where ranges overlap. An access lies below a range,
/// inside it, or above it – and one that reaches over a range's end counts as above. The search halves by that until it
/// comes upon a range with the access inside, and goes back to the first of its kind. It takes O(log n) steps, and has a
/// price that KVM pays too: a range that lies inside another can hide the part of that other behind it.
/// </remarks>
sealed class BusRanges
{
    internal static readonly BusRanges Empty = new([], 0, hasDevices: false);

    readonly BusReceiver[] _sorted;

    BusRanges(BusReceiver[] sorted, int zoneCount, bool hasDevices)
    {
        _sorted = sorted;
        ZoneCount = zoneCount;
        HasDevices = hasDevices;
    }

    /// <summary>Whether anybody answers reads.</summary>
    internal bool HasDevices { get; }

    internal bool IsEmpty => _sorted.Length == 0;

    /// <summary>Receivers that are no triggers.</summary>
    internal int ZoneCount { get; }

    internal IReadOnlyList<BusReceiver> All => _sorted;

    internal BusReceiver this[int index] => _sorted[index];

    /// <summary>The first receiver, in their order, that an access lies in; −1 when the search finds none.</summary>
    internal int FirstAround(ulong address, int length)
    {
        int low = 0;
        int high = _sorted.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            int side = SideOf(address, length, _sorted[middle]);
            if (side == 0)
            {
                while (middle > 0 && SideOf(address, length, _sorted[middle - 1]) == 0)
                    middle--;
                return middle;
            }
            if (side > 0)
                low = middle + 1;
            else
                high = middle;
        }
        return -1;
    }

    /// <summary>Whether there is a receiver with this index, and the access lies in it too.</summary>
    internal bool IsAround(int index, ulong address, int length) =>
        (uint)index < (uint)_sorted.Length && SideOf(address, length, _sorted[index]) == 0;

    internal BusRanges With(BusReceiver added)
    {
        int place = 0;
        while (place < _sorted.Length && SideOf(_sorted[place].Address, _sorted[place].Length, added) <= 0)
            place++;
        return new BusRanges([.. _sorted.AsSpan(0, place), added, .. _sorted.AsSpan(place)], ZoneCount + CountOf(added),
            HasDevices || added is DeviceReceiver);
    }

    internal BusRanges Without(BusReceiver removed)
    {
        int place = Array.IndexOf(_sorted, removed);
        return new BusRanges([.. _sorted.AsSpan(0, place), .. _sorted.AsSpan(place + 1)], ZoneCount - CountOf(removed),
            HasDevices);
    }

    static int CountOf(BusReceiver receiver) => receiver is TriggerReceiver ? 0 : 1;

    // Below −1, inside 0, above 1. Sums go round and lengths have a sign, as in the kernel: there are zones of such sizes.
    static int SideOf(ulong address, int length, BusReceiver range)
    {
        if (address < range.Address)
            return -1;
        ulong end = address;
        ulong rangeEnd = range.Address;
        if (range.Length != 0)
        {
            end = unchecked(end + (ulong)length);
            rangeEnd = unchecked(rangeEnd + (ulong)range.Length);
        }
        return end > rangeEnd ? 1 : 0;
    }
}
