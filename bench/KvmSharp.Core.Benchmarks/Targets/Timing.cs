using System;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>The median and the least of several samples.</summary>
readonly record struct Timing(double Median, double Best)
{
    internal static Timing Of(double[] samples)
    {
        Array.Sort(samples);
        return new Timing(samples[samples.Length / 2], samples[0]);
    }
}
