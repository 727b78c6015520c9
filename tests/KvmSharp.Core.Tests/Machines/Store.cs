using KvmSharp.Slots;
using KvmSharp.Slots.TwinTrees;
using KvmSharp.Slots.WideTrees;

namespace KvmSharp.Tests.Machines;

/// <summary>The slot stores that every test of a whole machine runs with.</summary>
public enum Store
{
    WideTrees,
    TwinTrees,
}

static class Stores
{
    public static SlotStoreDesign Design(this Store store) =>
        store == Store.WideTrees ? WideTreeStore.Design : TwinTreeStore.Design;
}
