using KvmSharp.Slots;
using KvmSharp.Slots.TwinTrees;

namespace KvmSharp.Tests.Slots.TwinTrees;

public sealed class TwinTreeConformance : SlotStoreConformance
{
    protected override SlotStore CreateStore() => TwinTreeStore.Design.Create();
}
