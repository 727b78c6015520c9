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

    // A spread of fewer says nothing, however long they take.
    const int LeastFlushes = 16;

    internal static ScaleMeasure Measure(VcpuStoreDesign store, int count, ScaleClock clock)
    {
        using var crowd = new RunningCrowd(store, count);
        var flushes = new List<double>();
        void Flush(VcpuTable table)
        {
            crowd.WaitUntilAllRun();
            long start = Stopwatch.GetTimestamp();
            table.FlushRemoteTlbs();
            flushes.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }

        // Times each flush itself: what comes before it takes a turn of the scheduler.
        int timed = clock.TimeFresh(() => crowd.Table, Flush).Samples!.Value;
        for (; timed < LeastFlushes; timed++)
            Flush(crowd.Table);
        // The first ones were to warm up.
        double[] counted = [.. flushes.TakeLast(timed).Order()];
        double At(double part) => counted[(int)((counted.Length - 1) * part)];
        string Microseconds(double part) => (At(part) / 1000).ToString("#,0.0", CultureInfo.InvariantCulture);
        return new ScaleMeasure(
            At(0.5), At(0.25), At(0.75), timed,
            Note: string.Create(
                CultureInfo.InvariantCulture,
                $"{timed} flushes of {count} vCPU threads on {Environment.ProcessorCount} processors, µs: "
                + $"least {Microseconds(0)}, 50 % {Microseconds(0.5)}, 90 % {Microseconds(0.9)}, 99 % {Microseconds(0.99)}, "
                + $"most {Microseconds(1)}"));
    }

    /// <summary>vCPUs in guest mode, each reading memory on its own thread until the end.</summary>
    sealed class RunningCrowd : IDisposable
    {
        const int ReadsBetweenPolls = 64;

        readonly AnonymousMemory _memory = AnonymousMemory.Create(Page.Size);
        readonly VcpuCrowd _crowd;
        readonly Thread[] _threads;

        // The refills of each vCPU's TLB when the last flush began.
        readonly long[] _fills;
        bool _over;

        internal RunningCrowd(VcpuStoreDesign store, int count)
        {
            _crowd = new VcpuCrowd(store, count);
            _crowd.Machine.Slots.Add(new Gpa(0), _memory);
            _crowd.CreateAll();
            _fills = new long[count];
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

        /// <summary>Waits until each vCPU has used its TLB again: one that has not need not be waited for by a flush.</summary>
        internal void WaitUntilAllRun()
        {
            foreach (Vcpu vcpu in Table)
            {
                var spin = new SpinWait();
                long fills = _fills[vcpu.Index.Value];
                while (vcpu.Memory.TlbFills == fills)
                    spin.SpinOnce();
            }
            foreach (Vcpu vcpu in Table)
                _fills[vcpu.Index.Value] = vcpu.Memory.TlbFills;
        }

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
