using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Threading;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp;

/// <summary>How often things have happened in a machine, and how much it holds: read when asked, kept where it happens.</summary>
/// <remarks>
/// The same figures, summed over all machines of the process, are exported by the meter <see cref="MeterName"/>. Counting
/// costs nothing on the paths that hit a TLB. Numbers read while vCPUs run may lag behind each other a little.
/// </remarks>
public readonly struct MachineCounters
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "KvmSharp";

    static readonly Lock _registering = new();
    static readonly Meter _meter = NewMeter();

    // Replaced under _registering, read with Volatile.Read. Weak, so that a forgotten machine is collected.
    static WeakReference<VirtualMachine>[] _machines = [];

    readonly VirtualMachine _machine;

    internal MachineCounters(VirtualMachine machine) => _machine = machine;

    /// <summary>Second-stage faults.</summary>
    public long Faults => Sum(static counts => counts.Faults);

    /// <summary>Times a fault was tried again because something changed meanwhile.</summary>
    public long FaultRetries => Sum(static counts => counts.FaultRetries);

    /// <summary>Accesses that belonged to a device.</summary>
    public long MmioAccesses => Sum(static counts => counts.MmioAccesses);

    /// <summary>Entries made in the vCPUs' TLBs.</summary>
    public long TlbFills => Sum(static counts => counts.TlbFills);

    /// <summary>Times a vCPU dropped its TLB.</summary>
    public long TlbFlushes => Sum(static counts => counts.TlbFlushes);

    /// <summary>Times all vCPUs were made to drop their TLBs.</summary>
    public long RemoteFlushes => _machine.Vcpus.RemoteFlushes;

    /// <summary>Process-wide barriers that were needed because a vCPU did not come by.</summary>
    public long ProcessBarriers => _machine.Vcpus.ProcessBarriers;

    /// <summary>Zaps that took something away.</summary>
    public long Zaps => _machine.Mmu.Zaps;

    /// <summary>Leaves that zaps took away.</summary>
    public long ZappedLeaves => _machine.Mmu.ZappedLeaves;

    /// <summary>Slot sets published.</summary>
    public long Publications => _machine.Slots.Publications;

    /// <summary>Times a slot change waited for readers.</summary>
    public long ReaderWaits => _machine.Slots.GraceWaits;

    /// <summary>Slots in all address spaces.</summary>
    public long SlotCount
    {
        get
        {
            long count = 0;
            for (int space = 0; space < _machine.Slots.SpaceCount; space++)
                count += _machine.Slots.Count(new AddressSpaceId((byte)space));
            return count;
        }
    }

    /// <summary>Pages mapped in the second stage.</summary>
    public long MappedPages
    {
        get
        {
            long pages = 0;
            for (int space = 0; space < _machine.Slots.SpaceCount; space++)
                pages += _machine.Mmu.Table(new AddressSpaceId((byte)space)).MappedPages;
            return pages;
        }
    }

    /// <summary>Bytes of second-stage tables.</summary>
    public long TableBytes
    {
        get
        {
            long bytes = 0;
            for (int space = 0; space < _machine.Slots.SpaceCount; space++)
                bytes += _machine.Mmu.Table(new AddressSpaceId((byte)space)).TableBytes;
            return bytes;
        }
    }

    /// <summary>vCPUs online.</summary>
    public int VcpuCount => _machine.Vcpus.Count;

    long Sum(Func<VcpuCounts, long> counter)
    {
        long sum = counter(_machine.Vcpus.Removed);
        foreach (Vcpu vcpu in _machine.Vcpus)
            sum += counter(VcpuCounts.Of(vcpu));
        return sum;
    }

    internal static void Register(VirtualMachine machine)
    {
        lock (_registering)
        {
            var live = new List<WeakReference<VirtualMachine>>(_machines.Length + 1);
            foreach (WeakReference<VirtualMachine> known in _machines)
            {
                if (known.TryGetTarget(out _))
                    live.Add(known);
            }
            live.Add(new WeakReference<VirtualMachine>(machine));
            Volatile.Write(ref _machines, live.ToArray());
        }
    }

    internal static void Unregister(VirtualMachine machine)
    {
        lock (_registering)
        {
            Volatile.Write(ref _machines, Array.FindAll(
                _machines, known => known.TryGetTarget(out VirtualMachine? other) && !ReferenceEquals(other, machine)));
        }
    }

    static Meter NewMeter()
    {
        var meter = new Meter(MeterName);
        void Counter(string name, string what, Func<MachineCounters, long> read) =>
            meter.CreateObservableCounter(name, () => Total(read), description: what);
        void Gauge(string name, string unit, string what, Func<MachineCounters, long> read) =>
            meter.CreateObservableGauge(name, () => Total(read), unit, what);

        Counter("kvmsharp.faults", "Second-stage faults", static counters => counters.Faults);
        Counter("kvmsharp.fault_retries", "Faults tried again", static counters => counters.FaultRetries);
        Counter("kvmsharp.mmio", "Accesses that belonged to a device", static counters => counters.MmioAccesses);
        Counter("kvmsharp.tlb_fills", "TLB entries made", static counters => counters.TlbFills);
        Counter("kvmsharp.tlb_flushes", "TLBs dropped", static counters => counters.TlbFlushes);
        Counter("kvmsharp.remote_flushes", "Flushes of all vCPUs", static counters => counters.RemoteFlushes);
        Counter("kvmsharp.process_barriers", "Process-wide barriers", static counters => counters.ProcessBarriers);
        Counter("kvmsharp.zaps", "Zaps that took something away", static counters => counters.Zaps);
        Counter("kvmsharp.publications", "Slot sets published", static counters => counters.Publications);
        Counter("kvmsharp.reader_waits", "Waits for readers", static counters => counters.ReaderWaits);
        Gauge("kvmsharp.slots", "{slot}", "Memory slots", static counters => counters.SlotCount);
        Gauge("kvmsharp.mapped_pages", "{page}", "Pages mapped in the second stage", static counters => counters.MappedPages);
        Gauge("kvmsharp.table_bytes", "By", "Second-stage tables", static counters => counters.TableBytes);
        Gauge("kvmsharp.vcpus", "{vcpu}", "vCPUs online", static counters => counters.VcpuCount);
        return meter;
    }

    static long Total(Func<MachineCounters, long> read)
    {
        long total = 0;
        foreach (WeakReference<VirtualMachine> known in Volatile.Read(ref _machines))
        {
            if (known.TryGetTarget(out VirtualMachine? machine))
                total += read(machine.Counters);
        }
        return total;
    }
}
