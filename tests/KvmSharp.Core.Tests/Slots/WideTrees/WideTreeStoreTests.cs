using KvmSharp.Slots;
using KvmSharp.Slots.WideTrees;

namespace KvmSharp.Tests.Slots.WideTrees;

public sealed class WideTreeStoreTests : SlotStoreConformance
{
    protected override SlotStore CreateStore() => new WideTreeStore();
}
