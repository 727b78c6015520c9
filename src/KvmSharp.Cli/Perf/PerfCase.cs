using System;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>A test at a slot count, as it can be run: with fewer slots when its memory has too few pages for them.</summary>
/// <param name="Test">The test.</param>
/// <param name="Asked">The slots asked for.</param>
/// <param name="Layout">The layout it is run with.</param>
/// <param name="WhyImpossible">Why it cannot be run at all, if it cannot.</param>
sealed record PerfCase(PerfTest Test, int Asked, ArenaLayout Layout, string? WhyImpossible)
{
    /// <summary>The slots it is run with.</summary>
    internal int Slots => Layout.Cap;

    /// <summary>Why a store cannot keep the slots that it is run with, if it cannot.</summary>
    internal static string? WhyTooMany(SlotStoreDesign store, int slots)
    {
        int capacity = SlotStores.Capacity(store);
        return slots > capacity ? $"{store} takes no more than {capacity} slots" : null;
    }

    internal static PerfCase Of(PerfTest test, int slots)
    {
        var layout = new ArenaLayout(Math.Min(slots, ArenaLayout.MaximumCap(test.Pages)), test.Pages);
        return new PerfCase(test, slots, layout, test.WhyImpossible(layout));
    }

    /// <summary>Says what stands in the way of the slots asked for.</summary>
    internal PerfObstacle? Obstacle
    {
        get
        {
            if (WhyImpossible is not null)
                return new PerfObstacle(Test.Name, Asked, WhyImpossible);
            if (Slots == Asked)
                return null;
            string reason = Test.WhyImpossible(new ArenaLayout(Asked, Test.Pages))!;
            return new PerfObstacle(Test.Name, Asked, $"{reason}; it is run with {Slots}, the most it can have");
        }
    }
}
