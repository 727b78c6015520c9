using KvmSharp.Lab.Slots.GrowableArrays;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>What every store must do, asked of the growable array.</summary>
public sealed class GrowableArrayConformance : SlotStoreConformance
{
    protected override int Thinning => 8;

    protected override SlotStore CreateStore() => new GrowableArrayStore();
}
