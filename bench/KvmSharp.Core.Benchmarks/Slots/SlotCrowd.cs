using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>Machines with many one-page slots.</summary>
static class SlotCrowd
{
    internal const ulong Stretch = 64;
    internal const int Most = SlotLimits.UserSlots;

    /// <summary>The first frame of each slot, ascending.</summary>
    internal static Gfn[] Places(int count, SlotPlaces places)
    {
        var random = new Random(1);
        var frames = new Gfn[count];
        for (int index = 0; index < count; index++)
        {
            frames[index] = places == SlotPlaces.SideBySide
                ? new Gfn((ulong)index)
                : new Gfn(((ulong)index * Stretch) + (ulong)random.Next((int)Stretch));
        }
        return frames;
    }

    /// <summary>The region of a slot.</summary>
    internal static MemoryRegion Region(int index, Gfn place, HostMapping memory) =>
        new(new SlotId((ushort)index), SlotFlags.None, place.Base, Page.Size, memory.Start + ((ulong)index * Page.Size))
        {
            Backing = memory,
        };

    /// <summary>Adds slots one at a time.</summary>
    internal static void Add(VirtualMachine machine, Gfn[] places, HostMapping memory)
    {
        for (int index = 0; index < places.Length; index++)
            machine.Slots.Set(Region(index, places[index], memory));
    }

    /// <summary>Frames to look up, in random order, each in some slot.</summary>
    internal static Gfn[] Lookups(Gfn[] places, int count)
    {
        var random = new Random(2);
        var lookups = new Gfn[count];
        for (int index = 0; index < count; index++)
            lookups[index] = places[random.Next(places.Length)];
        return lookups;
    }
}
