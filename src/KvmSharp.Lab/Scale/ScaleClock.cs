using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace KvmSharp.Lab.Scale;

/// <summary>Times work in samples until its time is over, and tells the middle of them.</summary>
/// <param name="budget">How long one case may take, besides what it sets up and the time to warm up.</param>
/// <param name="warmUp">
/// How long the work is done before it is timed: what is seen for the first time is compiled twice, the second time when
/// the runtime has seen it at work for some tenths of a second.
/// </param>
/// <param name="interruption">Ends the case after the sample under way.</param>
/// <remarks>For one thread.</remarks>
public sealed class ScaleClock(TimeSpan budget, TimeSpan warmUp, CancellationToken interruption)
{
    // Long enough for the clock's own cost not to show, short enough for many samples.
    const double SampleSeconds = 0.001;
    const int LeastSamples = 3;
    const int MostSamples = 1001;

    // Work with a fresh start that takes the budget so many times over is done once, and its warming up counts.
    const int LongRun = 3;
    const string TimedOnce = "done and timed once";

    /// <summary>How long one case may take, besides what it sets up and the time to warm up.</summary>
    public TimeSpan Budget => budget;

    /// <summary>Times an operation that can be repeated at will.</summary>
    /// <param name="repeat">Does the operation so often.</param>
    /// <param name="most">The greatest number that <paramref name="repeat"/> may be called with.</param>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public ScaleMeasure Time(Action<long> repeat, long most = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(repeat);
        long operations = Calibrate(repeat, most);
        var samples = new List<double>();
        long began = Stopwatch.GetTimestamp();
        do
        {
            interruption.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            repeat(operations);
            samples.Add(NanosecondsSince(start) / operations);
        }
        while (GoesOn(began, samples.Count));
        return Summarize(samples);
    }

    /// <summary>Times work that needs a fresh start each time.</summary>
    /// <param name="prepare">Makes what the work is done on; not timed.</param>
    /// <param name="work">The work.</param>
    /// <param name="operations">Operations that the work consists of.</param>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public ScaleMeasure TimeFresh<T>(Func<T> prepare, Action<T> work, long operations = 1)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        ArgumentNullException.ThrowIfNull(work);
        long began = Stopwatch.GetTimestamp();
        double first = Once(prepare, work);
        if (first > (budget * LongRun).TotalNanoseconds)
            return Summarize([first / operations]) with { Note = TimedOnce };
        while (Stopwatch.GetElapsedTime(began) < warmUp)
            Once(prepare, work);
        var samples = new List<double>();
        began = Stopwatch.GetTimestamp();
        do
            samples.Add(Once(prepare, work) / operations);
        while (GoesOn(began, samples.Count));
        return Summarize(samples);
    }

    // In nanoseconds.
    double Once<T>(Func<T> prepare, Action<T> work)
    {
        interruption.ThrowIfCancellationRequested();
        T fresh = prepare();
        long start = Stopwatch.GetTimestamp();
        work(fresh);
        double taken = NanosecondsSince(start);
        (fresh as IDisposable)?.Dispose();
        return taken;
    }

    // Doubles the operations until a sample is long enough, and goes on until the code is warm. One long sample proves
    // nothing: the thread may have lost the processor.
    long Calibrate(Action<long> repeat, long most)
    {
        // Compiles the code; how long that takes says nothing about the work.
        repeat(1);
        long operations = 1;
        int longEnough = 0;
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            interruption.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            repeat(operations);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (seconds < SampleSeconds && operations <= most / 2)
            {
                operations *= 2;
                longEnough = 0;
            }
            else if (seconds >= budget.TotalSeconds || (++longEnough > 1 && Stopwatch.GetElapsedTime(began) >= warmUp))
            {
                return operations;
            }
        }
    }

    // By the clock's own ticks: a time span's are a hundred nanoseconds.
    static double NanosecondsSince(long start) => (Stopwatch.GetTimestamp() - start) * (1e9 / Stopwatch.Frequency);

    bool GoesOn(long began, int samples) =>
        samples < LeastSamples || (samples < MostSamples && Stopwatch.GetElapsedTime(began) < budget);

    static ScaleMeasure Summarize(List<double> samples)
    {
        samples.Sort();
        return new ScaleMeasure(At(samples, 0.5), At(samples, 0.25), At(samples, 0.75), samples.Count);
    }

    static double At(List<double> sorted, double quantile) => sorted[(int)((sorted.Count - 1) * quantile)];
}
