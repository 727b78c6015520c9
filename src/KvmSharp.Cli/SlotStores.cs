using System.Collections.Generic;
using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Cli;

/// <summary>The slot stores that can be chosen by name. A new one is one line here.</summary>
static class SlotStores
{
    internal static IReadOnlyList<SlotStoreDesign> All { get; } =
    [
        TwinTreeStore.Design,
        SlotTrieStore.Design,
    ];

    /// <summary>What others are compared with: the design that KVM has.</summary>
    internal static SlotStoreDesign Baseline => TwinTreeStore.Design;

    /// <summary>What a machine gets when nothing is chosen.</summary>
    internal static SlotStoreDesign Default { get; } = new VirtualMachineOptions().SlotStore;
}
