using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>Half a million random updates beside the naive model.</summary>
public abstract partial class SlotStoreConformance
{
    [Fact]
    public void Random_updates_agree_with_the_model()
    {
        int seed = SlotModelRun.PickSeed();
        foreach (SlotUniverse universe in SlotUniverse.All)
            SlotModelRun.Run(CreateStore(), universe, seed);
    }
}
