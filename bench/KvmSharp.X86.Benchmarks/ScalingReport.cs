using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;

namespace KvmSharp.X86.Benchmarks;

/// <summary>What a second vCPU adds, beside what a second thread adds to plain C# on the same machine at the same time.</summary>
/// <remarks>
/// A host that shares its cores, their caches or their clock gives two threads less than twice what it gives one, whatever
/// they do; the control says how much. Both are measured in turns, one and two by turns as well, and each round is a ratio
/// of its own: the medians are of ratios between neighbours in time. By processor time – work for each second that the
/// process had a processor – other programs on the host do not count.
/// </remarks>
static class ScalingReport
{
    const int Rounds = 41;
    const int LoopIterations = 600_000;
    const int NativeSteps = 12_000_000;

    internal static void Print()
    {
        Console.WriteLine($"{"two threads, times one",-34}{"median",10}{"quartiles",16}{"by CPU time",14}");
        var native = new Workload("plain C#, xorshift in registers", RunNative);
        using var registers = new VcpuPair(SpeedReport.Registers);
        using var memory = new VcpuPair(SpeedReport.Memory);
        Workload[] workloads =
        [
            native,
            new("two vCPUs, registers", threads => registers.Run(threads)),
            new("two vCPUs, loads and stores", threads => memory.Run(threads)),
        ];
        // The first rounds are for the compiler.
        const int WarmUps = 3;
        for (int round = -WarmUps; round < Rounds; round++)
        {
            foreach (Workload workload in workloads)
                workload.Measure(round, keep: round >= 0);
        }
        foreach (Workload workload in workloads)
            workload.Report();
    }

    static void RunNative(int count)
    {
        Thread[] threads = [.. Enumerable.Range(0, count).Select(static index => new Thread(() => Step((ulong)index + 1)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
    }

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

        internal void Run(int vcpus) => (vcpus == 1 ? _one : _two).Run(LoopIterations);

        public void Dispose()
        {
            _one.Dispose();
            _two.Dispose();
        }
    }

    /// <summary>Work that is as much for each thread, however many there are.</summary>
    sealed class Workload(string name, Action<int> run)
    {
        readonly List<double> _byClock = [];
        readonly List<double> _byCpuTime = [];

        internal void Measure(int round, bool keep)
        {
            bool oneFirst = (round & 1) == 0;
            (double Clock, double Cpu) first = Time(oneFirst ? 1 : 2);
            (double Clock, double Cpu) second = Time(oneFirst ? 2 : 1);
            ((double Clock, double Cpu) one, (double Clock, double Cpu) two) = oneFirst ? (first, second) : (second, first);
            if (!keep)
                return;
            _byClock.Add(2 * one.Clock / two.Clock);
            // Twice the work, so twice the time is a speed of two.
            _byCpuTime.Add(4 * one.Cpu / two.Cpu);
        }

        internal void Report()
        {
            _byClock.Sort();
            _byCpuTime.Sort();
            string quartiles = string.Create(
                CultureInfo.InvariantCulture, $"{_byClock[Rounds / 4]:f2} – {_byClock[Rounds * 3 / 4]:f2}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-34}{_byClock[Rounds / 2],10:f2}{quartiles,16}{_byCpuTime[Rounds / 2],14:f2}"));
        }

        (double Clock, double Cpu) Time(int threads)
        {
            TimeSpan used = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            run(threads);
            return (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
        }
    }
}
