using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;

namespace KvmSharp.X86.Benchmarks;

/// <summary>The same work on a number of threads at once, and what it took.</summary>
/// <param name="Clock">Seconds from when all threads ran until the last was done.</param>
/// <param name="CpuTime">Seconds that the process had a processor, all threads together.</param>
/// <param name="Waited">Seconds that a thread, on average, could have run and had no processor; 0 where the host does not say.</param>
readonly record struct ParallelRun(double Clock, double CpuTime, double Waited)
{
    /// <summary>Runs the work, given the thread's number, on threads of its own.</summary>
    /// <remarks>
    /// A thread that was just started may take the core of the one that starts the next, for some milliseconds. So all begin
    /// when the last of them runs.
    /// </remarks>
    internal static ParallelRun Of(int count, Action<int> work)
    {
        double[] waited = new double[count];
        long[] ends = new long[count];
        long start = 0;
        int missing = count;
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            if (Interlocked.Decrement(ref missing) == 0)
                start = Stopwatch.GetTimestamp();
            var spin = new SpinWait();
            while (Volatile.Read(ref missing) != 0)
                spin.SpinOnce(sleep1Threshold: -1);
            double before = WaitOfThisThread();
            work(index);
            ends[index] = Stopwatch.GetTimestamp();
            waited[index] = WaitOfThisThread() - before;
        }))];
        TimeSpan used = Environment.CpuUsage.TotalTime;
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return new ParallelRun(
            Stopwatch.GetElapsedTime(start, ends.Max()).TotalSeconds,
            (Environment.CpuUsage.TotalTime - used).TotalSeconds,
            waited.Average());
    }

    // Linux counts, for each thread: nanoseconds on a processor, nanoseconds in the queue for one, and time slices.
    static double WaitOfThisThread()
    {
        const string Statistics = "/proc/thread-self/schedstat";
        if (!File.Exists(Statistics))
            return 0;
        return long.Parse(File.ReadAllText(Statistics).Split(' ')[1], CultureInfo.InvariantCulture) / 1e9;
    }
}
