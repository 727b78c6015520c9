using KvmSharp.Slots;
using KvmSharp.Slots.SlotTries;

namespace KvmSharp.Tests.Slots.SlotTries;

public sealed class SlotTrieStoreTests : SlotStoreConformance
{
    protected override SlotStore CreateStore() => new SlotTrieStore();
}
