using KvmSharp.Lab.Slots.CopiedLists;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>What every store must do, asked of the copied list.</summary>
public sealed class CopiedListConformance : SlotStoreConformance
{
    protected override int Thinning => 8;

    protected override SlotStore CreateStore() => new CopiedListStore();
}
