using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>Random updates, half a million unless a design takes less, beside the naive model.</summary>
public abstract partial class SlotStoreConformance
{
    /// <summary>One of so many of the operations of a full run is made.</summary>
    protected virtual int Thinning => 1;

    [Fact]
    public void Random_updates_agree_with_the_model()
    {
        int seed = SlotModelRun.PickSeed();
        foreach (SlotUniverse universe in SlotUniverse.All)
            SlotModelRun.Run(CreateStore(), universe with { Operations = universe.Operations / Thinning }, seed);
    }
}
