using System.Collections.Generic;
using System.Linq;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>Random updates beside the naive model: a million with few slots, which meet every edge often, and some with many.</summary>
public abstract partial class SlotStoreConformance
{
    /// <summary>One of so many of the updates with many slots is made.</summary>
    protected virtual int Thinning => 1;

    /// <summary>An empty store for no more slots than that, where the design has a bound; else <see cref="CreateStore"/>.</summary>
    protected virtual SlotStore CreateStoreFor(int most) => CreateStore();

    [Fact]
    public void A_million_random_updates_agree_with_the_model()
    {
        Assert.Equal(1_000_000, SlotUniverse.OfFewSlots.Sum(universe => universe.Operations));
        Run(SlotUniverse.OfFewSlots, 1);
    }

    [Fact]
    public void Random_updates_of_many_slots_agree_with_the_model() => Run(SlotUniverse.OfManySlots, Thinning);

    void Run(IEnumerable<SlotUniverse> universes, int thinning)
    {
        int seed = SlotModelRun.PickSeed();
        foreach (SlotUniverse universe in universes)
        {
            SlotStore store = CreateStoreFor(universe.MaxSlots + SlotModelRun.MostChanges);
            SlotModelRun.Run(store, universe with { Operations = universe.Operations / thinning }, seed);
        }
    }
}
