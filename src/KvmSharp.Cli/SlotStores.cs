using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using KvmSharp.Lab.Slots.CopiedLists;
using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Cli;

/// <summary>The slot stores that can be chosen by name, the oldest first. A new one is one line here.</summary>
static class SlotStores
{
    const char BeforeMaximum = ':';

    static readonly ConcurrentDictionary<SlotStoreDesign, int> _capacities = new();

    internal static IReadOnlyList<SlotStoreDesign> All { get; } =
    [
        FixedArrayStore.Design,
        GrowableArrayStore.Design,
        SortedArrayStore.Design,
        CopiedListStore.Design,
        TwinTreeStore.Design,
        SlotTrieStore.Design,
    ];

    /// <summary>What others are compared with: the design that KVM had before it had trees.</summary>
    internal static SlotStoreDesign Baseline => SortedArrayStore.Design;

    /// <summary>What a machine gets when nothing is chosen.</summary>
    internal static SlotStoreDesign Default { get; } = new VirtualMachineOptions().SlotStore;

    /// <summary>The store of a name; that of one with a bound may be followed by a colon and another bound.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    internal static SlotStoreDesign Find(string name)
    {
        int colon = name.IndexOf(BeforeMaximum, StringComparison.Ordinal);
        Func<int, SlotStoreDesign>? withAtMost = (colon < 0 ? null : name[..colon]) switch
        {
            "fixed-array" => FixedArrayStore.WithAtMost,
            "growable-array" => GrowableArrayStore.WithAtMost,
            _ => null,
        };
        return withAtMost is null
            ? OptionText.Known("store", name, All, store => store.Name)
            : withAtMost((int)OptionText.Number("--store", name[(colon + 1)..], 1, SlotLimits.UserSlots));
    }

    /// <summary>Slots that a store can keep.</summary>
    internal static int Capacity(SlotStoreDesign store) =>
        _capacities.GetOrAdd(store, static store => store.Create().UserSlots);
}
