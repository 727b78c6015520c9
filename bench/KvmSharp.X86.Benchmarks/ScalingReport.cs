using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace KvmSharp.X86.Benchmarks;

/// <summary>What a second vCPU adds, beside what a second thread adds to plain C# on the same machine at the same time.</summary>
/// <remarks>
/// Another program that wants a core takes from two threads more than from one, whatever they do; the control says how much.
/// All are measured in turns, one and two by turns as well, and each round is a ratio of its own: the medians are of ratios
/// between neighbours in time. Two columns leave other programs out. <em>Less waiting</em> is the clock without the time
/// that threads stood in the queue for a core – what they spend waiting for each other still counts. <em>By processor
/// time</em> is work for each second on a core: it falls when two threads take caches or clock from each other.
/// </remarks>
static class ScalingReport
{
    const int Rounds = 31;
    const int LoopIterations = 2_000_000;
    const int NativeSteps = 30_000_000;

    internal static void Print()
    {
        Console.WriteLine(
            $"{"two threads, times one",-34}{"median",8}{"quartiles",15}{"best",8}{"less waiting",14}{"by CPU time",13}{"waited",9}");
        using var registers = new VcpuPair(SpeedReport.Registers);
        using var memory = new VcpuPair(SpeedReport.Memory);
        Workload[] workloads =
        [
            new("plain C#, xorshift in registers", RunNative),
            new("two vCPUs, registers", registers.Run),
            new("two vCPUs, loads and stores", memory.Run),
        ];
        // The first rounds are for the compilers: .NET's, and the CPU's own.
        const int WarmUps = 3;
        for (int round = -WarmUps; round < Rounds; round++)
        {
            foreach (Workload workload in workloads)
                workload.Measure(round, keep: round >= 0);
        }
        foreach (Workload workload in workloads)
            workload.Report();
    }

    static ParallelRun RunNative(int threads) => ParallelRun.Of(threads, static index => Step((ulong)index + 1));

    static void Step(ulong state)
    {
        for (int step = 0; step < NativeSteps; step++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        // Zero it never becomes, which the compiler does not know.
        if (state == 0)
            throw new InvalidOperationException();
    }

    /// <summary>The same loop on a machine with one vCPU and on one with two.</summary>
    sealed class VcpuPair(Action<Iced.Intel.Assembler> body) : IDisposable
    {
        readonly LoopMachine _one = new(body, vcpus: 1);
        readonly LoopMachine _two = new(body, vcpus: 2);

        internal ParallelRun Run(int vcpus) => (vcpus == 1 ? _one : _two).Run(LoopIterations);

        public void Dispose()
        {
            _one.Dispose();
            _two.Dispose();
        }
    }

    /// <summary>Work that is as much for each thread, however many there are.</summary>
    sealed class Workload(string name, Func<int, ParallelRun> run)
    {
        readonly List<double> _byClock = [];
        readonly List<double> _lessWaiting = [];
        readonly List<double> _byCpuTime = [];
        readonly List<double> _waited = [];

        internal void Measure(int round, bool keep)
        {
            bool oneFirst = (round & 1) == 0;
            ParallelRun first = run(oneFirst ? 1 : 2);
            ParallelRun second = run(oneFirst ? 2 : 1);
            (ParallelRun one, ParallelRun two) = oneFirst ? (first, second) : (second, first);
            if (!keep)
                return;
            _byClock.Add(2 * one.Clock / two.Clock);
            _lessWaiting.Add(2 * (one.Clock - one.Waited) / (two.Clock - two.Waited));
            // Twice the work, so twice the time is a speed of two.
            _byCpuTime.Add(4 * one.CpuTime / two.CpuTime);
            _waited.Add(two.Waited / two.Clock);
        }

        internal void Report() => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-34}{At(_byClock, 0.5),8:f2}{At(_byClock, 0.25),8:f2} –{At(_byClock, 0.75),5:f2}{_byClock.Max(),8:f2}"
            + $"{At(_lessWaiting, 0.5),14:f2}{At(_byCpuTime, 0.5),13:f2}{At(_waited, 0.5),9:p0}"));

        static double At(List<double> values, double share) => values.Order().ElementAt((int)((values.Count - 1) * share));
    }
}
