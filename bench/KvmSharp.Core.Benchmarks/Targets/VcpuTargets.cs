using System;
using KvmSharp.Benchmarks.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Lookups in the table of vCPUs, as multiples of the same in a plain array.</summary>
static class VcpuTargets
{
    internal static Timing ByIndex(int count)
    {
        using var crowd = new VcpuCrowd(count);
        return Ratio(crowd.FindByIndex, crowd.FindInArray);
    }

    internal static Timing ById(int count, Func<int, int>? idOf = null)
    {
        using var crowd = new VcpuCrowd(count, idOf);
        return Ratio(crowd.FindById, crowd.FindByIndex);
    }

    static Timing Ratio(Func<int> work, Func<int> measure)
    {
        Timing own = Stopclock.Measure(VcpuCrowd.Lookups, () => Require(work()));
        Timing other = Stopclock.Measure(VcpuCrowd.Lookups, () => Require(measure()));
        return new Timing(own.Median / other.Median, own.Best / other.Best);
    }

    static void Require(int found)
    {
        if (found != VcpuCrowd.Lookups)
            throw new InvalidOperationException($"{found} of {VcpuCrowd.Lookups} vCPUs were found");
    }
}
