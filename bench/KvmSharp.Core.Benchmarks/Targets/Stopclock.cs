using System;
using System.Diagnostics;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>Takes the time of short work without a benchmark harness around it.</summary>
static class Stopclock
{
    // Many short samples: on a busy host most of them still run without losing the core.
    const int Samples = 101;
    const int LeastWarmUpBatches = 100;
    static readonly TimeSpan _warmUp = TimeSpan.FromMilliseconds(400);
    static readonly TimeSpan _sample = TimeSpan.FromMilliseconds(1);

    /// <summary>Nanoseconds of one operation: the median of several samples, and the least.</summary>
    /// <param name="operations">Operations in a batch.</param>
    /// <param name="batch">The work; called often, so that it is compiled at its best before anything counts.</param>
    internal static Timing Measure(int operations, Action batch)
    {
        long begin = Stopwatch.GetTimestamp();
        int batches = 0;
        do
        {
            batch();
            batches++;
        }
        while (batches < LeastWarmUpBatches || Stopwatch.GetElapsedTime(begin) < _warmUp);

        int perSample = Math.Max(1, (int)(batches * (_sample / _warmUp)));
        double[] samples = new double[Samples];
        for (int sample = 0; sample < Samples; sample++)
        {
            begin = Stopwatch.GetTimestamp();
            for (int index = 0; index < perSample; index++)
                batch();
            samples[sample] = Stopwatch.GetElapsedTime(begin).TotalNanoseconds / ((double)operations * perSample);
        }
        return Timing.Of(samples);
    }
}
