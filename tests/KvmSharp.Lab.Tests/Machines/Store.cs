using KvmSharp.Lab.Slots.CopiedLists;
using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;

namespace KvmSharp.Tests.Machines;

/// <summary>The designs on record, for the tests of whole machines.</summary>
public enum Store
{
    FixedArray,
    GrowableArray,
    SortedArray,
    CopiedList,
}

static class Stores
{
    /// <summary>One of so many of the operations of a long run is made.</summary>
    public const int Thinning = 10;

    public static SlotStoreDesign Design(this Store store) => store switch
    {
        Store.FixedArray => FixedArrayStore.Design,
        Store.GrowableArray => GrowableArrayStore.Design,
        Store.SortedArray => SortedArrayStore.Design,
        _ => CopiedListStore.Design,
    };
}
