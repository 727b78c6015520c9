using KvmSharp.Lab.Slots.FixedArrays;
using KvmSharp.Slots;
using KvmSharp.Tests.Slots;

namespace KvmSharp.Lab.Tests.Slots;

/// <summary>What every store must do, asked of the fixed array.</summary>
public sealed class FixedArrayConformance : SlotStoreConformance
{
    protected override int Thinning => 8;

    protected override SlotStore CreateStore() => new FixedArrayStore();

    // A set of full length is copied whole for each update.
    protected override SlotStore CreateStoreFor(int most) => new FixedArrayStore(most);
}
