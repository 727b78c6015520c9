using KvmSharp.Lab.Slots.SortedArrays;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>What every store must do, asked of the sorted array.</summary>
public sealed class SortedArrayConformance : SlotStoreConformance
{
    protected override int Thinning => 8;

    protected override SlotStore CreateStore() => new SortedArrayStore();
}
