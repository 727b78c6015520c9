using System;
using System.Globalization;
using KvmSharp.Benchmarks.Vcpus;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Lookups in the table of vCPUs, as multiples of the same in a plain array.</summary>
static class VcpuTargets
{
    /// <summary>The first argument of a process that <see cref="Answer"/>s.</summary>
    internal const string Command = "vcpu-by-id";

    internal static Timing ByIndex(int count)
    {
        using var crowd = new VcpuCrowd(count);
        return Ratio(crowd.FindByIndex, crowd.FindInArray);
    }

    /// <summary>By id against by index, in processes of their own.</summary>
    internal static Timing ById(int count, VcpuNumbering numbering) =>
        OwnProcess.Measure(Command, $"{count}", $"{numbering}");

    /// <summary>What such a process does.</summary>
    internal static void Answer(string count, string numbering)
    {
        using var crowd = new VcpuCrowd(
            int.Parse(count, CultureInfo.InvariantCulture),
            Enum.Parse<VcpuNumbering>(numbering) switch
            {
                VcpuNumbering.Apic => VcpuCrowd.ApicId,
                VcpuNumbering.Strewn => VcpuCrowd.StrewnId,
                _ => null,
            });
        OwnProcess.Report(Ratio(crowd.FindById, crowd.FindByIndex));
    }

    /// <summary>The same in an array as long as the greatest id.</summary>
    internal static Timing InArrayById(int count, Func<int, int> idOf)
    {
        using var crowd = new VcpuCrowd(count, idOf);
        return Ratio(crowd.FindInArrayById, crowd.FindByIndex);
    }

    // Both in turn, and the better of two rounds each: the host's speed changes from second to second.
    static Timing Ratio(Func<int> work, Func<int> measure)
    {
        const int Rounds = 2;
        var own = new Timing(double.MaxValue, double.MaxValue);
        Timing other = own;
        for (int round = 0; round < Rounds; round++)
        {
            own = Better(own, Stopclock.Measure(VcpuCrowd.Lookups, () => Require(work())));
            other = Better(other, Stopclock.Measure(VcpuCrowd.Lookups, () => Require(measure())));
        }
        return new Timing(own.Median / other.Median, own.Best / other.Best);
    }

    static Timing Better(Timing left, Timing right) =>
        new(double.Min(left.Median, right.Median), double.Min(left.Best, right.Best));

    static void Require(int found)
    {
        if (found != VcpuCrowd.Lookups)
            throw new InvalidOperationException($"{found} of {VcpuCrowd.Lookups} vCPUs were found");
    }
}
