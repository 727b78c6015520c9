using KvmSharp.Tests.Slots;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>A machine beside a model that can be seen to be right.</summary>
public sealed class MachineModelTests
{
    const int Operations = 300_000 / Stores.Thinning;
    const int EdgeAccesses = 200_000 / Stores.Thinning;

    [Theory, EveryStore]
    public void Random_operations_agree_with_the_model(Store store) =>
        MachineModelRun.Run(store, Operations, SlotModelRun.PickSeed());

    [Theory, EveryStore]
    public void A_guest_that_tries_every_edge_stays_inside_its_slots(Store store) =>
        MachineModelRun.RunEdges(store, EdgeAccesses, SlotModelRun.PickSeed());
}
