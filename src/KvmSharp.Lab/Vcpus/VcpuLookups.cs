using System;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>Finding vCPUs, in no order, and visiting all of them.</summary>
static class VcpuLookups
{
    // Lookups of one round; a power of two, so that going round is a mask.
    const int Round = 1 << 12;
    const int Seed = 1;

    internal static ScaleMeasure ByIndex(VcpuCrowd crowd, ScaleClock clock)
    {
        VcpuTable table = crowd.Table;
        VcpuIndex[] indices = Pick(crowd, index => new VcpuIndex(index));
        return clock.Time(count =>
        {
            int missing = 0;
            for (long lookup = 0; lookup < count; lookup++)
                missing += table.TryGet(indices[lookup & (Round - 1)], out _) ? 0 : 1;
            RequireNone(missing);
        });
    }

    internal static ScaleMeasure ById(VcpuCrowd crowd, ScaleClock clock)
    {
        VcpuTable table = crowd.Table;
        VcpuId[] ids = Pick(crowd, index => crowd.Ids[index]);
        return clock.Time(count =>
        {
            int missing = 0;
            for (long lookup = 0; lookup < count; lookup++)
                missing += table.TryFind(ids[lookup & (Round - 1)], out _) ? 0 : 1;
            RequireNone(missing);
        });
    }

    /// <summary>The time for each vCPU that an iteration visits.</summary>
    internal static ScaleMeasure Iterate(VcpuCrowd crowd, ScaleClock clock)
    {
        VcpuTable table = crowd.Table;
        int vcpus = crowd.Ids.Length;
        ScaleMeasure whole = clock.Time(count =>
        {
            long missing = count * vcpus;
            for (long iteration = 0; iteration < count; iteration++)
            {
                foreach (Vcpu _ in table)
                    missing--;
            }
            RequireNone(missing);
        });
        return whole with
        {
            Nanoseconds = whole.Nanoseconds / vcpus,
            LowNanoseconds = whole.LowNanoseconds / vcpus,
            HighNanoseconds = whole.HighNanoseconds / vcpus,
        };
    }

    static T[] Pick<T>(VcpuCrowd crowd, Func<int, T> at)
    {
        var random = new Random(Seed);
        var picked = new T[Round];
        for (int lookup = 0; lookup < Round; lookup++)
            picked[lookup] = at(random.Next(crowd.Ids.Length));
        return picked;
    }

    static void RequireNone(long missing)
    {
        if (missing != 0)
            throw new InvalidOperationException($"{missing} vCPUs were not found");
    }
}
