using System;
using System.Collections.Generic;
using System.Globalization;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots.Arrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Records;

/// <summary>
/// The sizes in the proposals, worked out from the structures of the kernels they were made for, and beside some of them what
/// a set of as many slots takes in the store that stands for the proposal here.
/// </summary>
static class SlotRecords
{
    const string Growable = "2012, growable memory slot array";
    const string Scalable = "2021, scalable memslots";
    const string Metadata = "KVM on x86, beside a slot";
    const string Bytes = "bytes";
    const int PrivateSlots = 4;
    const int BitsPerWord = 64;
    const int HashHeads = 128;

    internal static IReadOnlyList<PublishedFigure> Figures()
    {
        int slot = LayoutSize.Of<Slot2012>();
        int compact = LayoutSize.Of<CompactSlot2012>();
        var figures = new List<PublishedFigure>
        {
            Array("32 + 4 slots", 2456, 32, slot, sizeof(int)),
            Array("128 + 4 slots", 9000, 128, slot, sizeof(int)),
            Array("128 + 4 compact slots", 7680, 128, compact, sizeof(short)),
            Array("124 + 4 compact slots", 7440, 124, compact, sizeof(short)),
            new(Growable, "a PCI bus full of assigned devices", "slots", 2048, AssignedDevices.SlotsOfBus),
            Here(Growable, "growable-array", 36, new GrowableArraySet(), 2456),
            Here(Growable, "growable-array", 132, new GrowableArraySet(), 9000),
            Layout("a slot of the array", LayoutSize.Of<ArraySlot2021>()),
            Layout("a slot of the trees", LayoutSize.Of<TreeSlot2021>()),
            Layout("an empty set of trees", TreeSet),
        };
        foreach (int count in (int[])[1, 10, 32, 509, 8194, SlotLimits.UserSlots])
        {
            string slots = string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "slot" : "slots")}");
            figures.Add(Layout($"{slots} in an array, copied for each change", ArraySet(count)));
            figures.Add(Layout($"{slots} in trees, one address space", Trees(count, spaces: 1)));
            figures.Add(Layout($"{slots} in trees, two address spaces", Trees(count, spaces: 2)));
        }
        figures.Add(Here(Scalable, "sorted-array", 509, new SortedArraySet(), null));
        foreach ((ulong first, ulong pages) in ((ulong, ulong)[])[(0, 1), (0, 512), (0, 131072), (0, 131073), (511, 2)])
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"a slot of {pages} pages at frame {first}");
            figures.Add(new(Metadata, what, Bytes, null, SlotMetadata.All(new GfnRange(new Gfn(first), pages))));
        }
        foreach (ulong pages in (ulong[])[1, 100, 131073, SlotLimits.MaxPagesPerSlot])
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"dirty bitmap of {pages} pages");
            figures.Add(new(Metadata, what, Bytes, null, SlotMetadata.DirtyBitmap(pages)));
        }
        return figures;
    }

    /// <summary>A set of slots in an array with a table of positions for all ids, as KVM had before its trees.</summary>
    internal static long ArraySet(int count)
    {
        long table = SlotLimits.TotalSlots * sizeof(short);
        long aligned = (table + sizeof(int) - 1) / sizeof(int) * sizeof(int);
        return sizeof(ulong) + aligned + LayoutSize.Of<ArraySetCounters2021>() + ((long)count * LayoutSize.Of<ArraySlot2021>());
    }

    /// <summary>Slots in trees, with two sets for each address space.</summary>
    internal static long Trees(int count, int spaces) =>
        ((long)count * LayoutSize.Of<TreeSlot2021>()) + (2L * spaces * TreeSet);

    static int TreeSet => LayoutSize.Of<TreeSet2021>() + (HashHeads * nint.Size);

    static PublishedFigure Array(string what, double published, int userSlots, int slotSize, int indexSize)
    {
        int slots = userSlots + PrivateSlots;
        int words = (slots + BitsPerWord - 1) / BitsPerWord;
        return new PublishedFigure(
            Growable, $"{what}, indices, bitmap", Bytes, published, (slots * (slotSize + indexSize)) + (words * sizeof(ulong)));
    }

    static PublishedFigure Layout(string what, long bytes) => new(Scalable, what, Bytes, null, bytes);

    // What the set itself allocates, without the slot objects that it refers to.
    static PublishedFigure Here(string source, string store, int count, CopiedSet empty, double? published)
    {
        CopiedSet filled = empty.NewSibling();
        for (int slot = 0; slot < count; slot++)
        {
            var frames = new GfnRange(new Gfn((ulong)slot), 1);
            filled.Insert(new MemorySlot(
                new SlotDefinition(AddressSpaceId.Normal, new SlotId((ushort)slot), frames, default, SlotFlags.None), null));
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        empty.NewSibling().CopyFrom(filled);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        string what = string.Create(CultureInfo.InvariantCulture, $"a set of {count} slots in {store} here");
        return new PublishedFigure(source, what, Bytes, published, bytes, "allocated, without the slots themselves");
    }
}
