using KvmSharp.Benchmarks.InterruptControllers;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Interrupts to one of many vCPUs.</summary>
static class InterruptTargets
{
    const int Messages = 10_000;

    /// <summary>Nanoseconds for an interrupt to the last of some vCPUs.</summary>
    internal static Timing Deliver(int vcpus)
    {
        using var crowd = new ApicCrowd(vcpus);
        return Stopclock.Measure(Messages, () =>
        {
            for (int message = 0; message < Messages; message++)
                crowd.SendToLast();
        });
    }

    /// <summary>The same as a multiple of that to the only one.</summary>
    internal static Timing AgainstOne(int vcpus)
    {
        Timing one = Deliver(1);
        Timing many = Deliver(vcpus);
        return new Timing(many.Median / one.Median, many.Best / one.Best);
    }
}
