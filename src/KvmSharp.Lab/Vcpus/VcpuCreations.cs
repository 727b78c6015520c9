using System;
using System.Linq;
using System.Threading;
using KvmSharp.Lab.Scale;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>Creating vCPUs, alone and while others look them up.</summary>
static class VcpuCreations
{
    // In one sample, in as many machines as it takes: a single vCPU is created in less time than the clock can tell.
    const int LeastTogether = 1024;

    internal static ScaleMeasure Alone(VcpuStoreDesign store, int count, ScaleClock clock)
    {
        int machines = int.Max(1, LeastTogether / count);
        return clock.TimeFresh(
            () => new CrowdsToFill(store, count, machines), crowds => crowds.Fill(), (long)count * machines);
    }

    internal static ScaleMeasure WhileReadersLook(VcpuStoreDesign store, int count, int readers, ScaleClock clock) =>
        clock.TimeFresh(() => new WatchedCrowd(store, count, readers), watched => watched.Crowd.CreateAll(), count);

    sealed class CrowdsToFill(VcpuStoreDesign store, int count, int machines) : IDisposable
    {
        readonly VcpuCrowd[] _crowds = [.. Enumerable.Range(0, machines).Select(_ => new VcpuCrowd(store, count))];

        internal void Fill()
        {
            foreach (VcpuCrowd crowd in _crowds)
                crowd.CreateAll();
        }

        public void Dispose()
        {
            foreach (VcpuCrowd crowd in _crowds)
                crowd.Dispose();
        }
    }

    /// <summary>A machine whose vCPUs are looked up by some threads from its beginning to its end.</summary>
    sealed class WatchedCrowd : IDisposable
    {
        readonly Thread[] _readers;
        bool _over;
        int _holes;

        internal WatchedCrowd(VcpuStoreDesign store, int count, int readers)
        {
            Crowd = new VcpuCrowd(store, count);
            using var started = new CountdownEvent(readers);
            _readers = [.. Enumerable.Range(1, readers).Select(seed => new Thread(() => Look(new Random(seed), started)))];
            foreach (Thread reader in _readers)
                reader.Start();
            started.Wait();
        }

        internal VcpuCrowd Crowd { get; }

        public void Dispose()
        {
            Volatile.Write(ref _over, true);
            foreach (Thread reader in _readers)
                reader.Join();
            Crowd.Dispose();
            if (_holes != 0)
                throw new InvalidOperationException($"{_holes} of the vCPUs online were not found");
        }

        void Look(Random random, CountdownEvent started)
        {
            started.Signal();
            while (!Volatile.Read(ref _over))
            {
                int online = Crowd.Table.Count;
                if (online != 0 && !Crowd.Table.TryGet(new VcpuIndex(random.Next(online)), out _))
                    Interlocked.Increment(ref _holes);
            }
        }
    }
}
