using KvmSharp.Tests.Slots;
using Xunit;
using Xunit.Abstractions;

namespace KvmSharp.Tests.HyperV;

/// <summary>Half a million hypercalls, right and hostile, beside the naive model.</summary>
public sealed class HypercallModelTests(ITestOutputHelper output)
{
    const int Machines = 24;
    const int CallsOfEach = 21_000;

    [Fact]
    public void Random_and_hostile_calls_agree_with_the_model()
    {
        int seed = SlotModelRun.PickSeed();
        output.WriteLine($"{SlotModelRun.SeedVariable}={seed}");
        int succeeded = 0;
        for (int machine = 0; machine < Machines; machine++)
            succeeded += HypercallModelRun.Run(seed, machine, CallsOfEach);
        output.WriteLine($"{Machines * CallsOfEach} calls, {succeeded} of them succeeded");
        // Neither is rare, or one half of what a call can do is not tried.
        Assert.InRange(succeeded, Machines * CallsOfEach / 5, Machines * CallsOfEach * 4 / 5);
    }
}
