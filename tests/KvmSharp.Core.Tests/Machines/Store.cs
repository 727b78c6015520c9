using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Tests.Machines;

/// <summary>The slot stores that every test of a whole machine runs with.</summary>
public enum Store
{
    SlotTries,
    TwinTrees,
}

static class Stores
{
    /// <summary>One of so many of the operations of a long run is made.</summary>
    public const int Thinning = 1;

    public static SlotStoreDesign Design(this Store store) =>
        store == Store.SlotTries ? SlotTrieStore.Design : TwinTreeStore.Design;
}
