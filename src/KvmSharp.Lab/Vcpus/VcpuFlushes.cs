using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>Making all vCPUs drop their translations, while each runs on a thread of its own.</summary>
static class VcpuFlushes
{
    /// <summary>Threads that are worth starting.</summary>
    internal const int MostVcpus = 64;

    internal static ScaleMeasure Measure(VcpuStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new RunningCrowd(store, count);
        var flushes = new List<double>();
        ScaleMeasure measure = clock.TimeFresh(() => crowd.Table, table =>
        {
            long start = Stopwatch.GetTimestamp();
            table.FlushRemoteTlbs();
            flushes.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        });
        // The first ones were to warm up.
        double[] counted = [.. flushes.Skip(flushes.Count - measure.Samples!.Value).Order()];
        double At(double part) => counted[(int)((counted.Length - 1) * part)];
        return measure with
        {
            Note = string.Create(
                CultureInfo.InvariantCulture,
                $"{count} vCPU threads on {Environment.ProcessorCount} processors, {counted.Length} flushes, µs: "
                + $"least {counted[0]:0.0}, 50 % {At(0.5):0.0}, 90 % {At(0.9):0.0}, 99 % {At(0.99):0.0}, most {counted[^1]:0.0}"),
        };
    }

    /// <summary>vCPUs in guest mode, each reading memory on its own thread until the end.</summary>
    sealed class RunningCrowd : IDisposable
    {
        const int ReadsBetweenPolls = 64;

        readonly AnonymousMemory _memory = AnonymousMemory.Create(Page.Size);
        readonly VcpuCrowd _crowd;
        readonly Thread[] _threads;
        bool _over;

        internal RunningCrowd(VcpuStoreDesign store, int count)
        {
            _crowd = new VcpuCrowd(store, count);
            _crowd.Machine.Slots.Add(new Gpa(0), _memory);
            _crowd.CreateAll();
            using var started = new CountdownEvent(count);
            var threads = new List<Thread>();
            foreach (Vcpu vcpu in _crowd.Table)
                threads.Add(new Thread(() => Run(vcpu, started)));
            _threads = [.. threads];
            foreach (Thread thread in _threads)
                thread.Start();
            started.Wait();
        }

        internal VcpuTable Table => _crowd.Table;

        public void Dispose()
        {
            Volatile.Write(ref _over, true);
            foreach (Thread thread in _threads)
                thread.Join();
            _crowd.Dispose();
            _memory.Dispose();
        }

        void Run(Vcpu vcpu, CountdownEvent started)
        {
            vcpu.Memory.TryRead(new Gpa(0), out ulong _);
            started.Signal();
            while (!Volatile.Read(ref _over))
            {
                if (!vcpu.TryEnterGuest())
                    continue;
                while (!vcpu.NeedsExit && !Volatile.Read(ref _over))
                {
                    for (int read = 0; read < ReadsBetweenPolls; read++)
                        vcpu.Memory.TryRead(new Gpa(0), out ulong _);
                }
                vcpu.ExitGuest();
            }
        }
    }
}
