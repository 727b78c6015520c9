using System.Collections.Generic;
using System.Diagnostics.Metrics;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>What a machine counts, read from itself and through the meter.</summary>
public sealed class MachineCountersTests
{
    [Theory]
    [EveryStore]
    public void Each_counter_counts_what_it_is_named_for(Store store)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(4 * Page.Size);
        using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = store.Design() });
        SlotId slot = machine.Slots.Add(new Gpa(0x1000), memory);
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));

        Assert.True(vcpu.Memory.TryWrite(new Gpa(0x1000), 1UL));
        Assert.True(vcpu.Memory.TryWrite(new Gpa(0x2000), 1UL));
        Assert.False(vcpu.Memory.TryRead(new Gpa(0x9000), out ulong _));
        MachineCounters before = machine.Counters;
        Assert.Equal((3, 1, 2), (before.Faults, before.MmioAccesses, before.MappedPages));
        Assert.Equal((1, 1), (before.SlotCount, before.VcpuCount));
        Assert.Equal((0, 0), (before.Zaps, before.RemoteFlushes));
        Assert.True(before.TableBytes > 0);
        long published = before.Publications;

        machine.Slots.Delete(slot);

        MachineCounters after = machine.Counters;
        Assert.Equal((1, 2, 1), (after.Zaps, after.ZappedLeaves, after.RemoteFlushes));
        Assert.Equal((0, 0, 0), (after.SlotCount, after.MappedPages, after.TableBytes));
        Assert.Equal(published + 2, after.Publications);
        Assert.True(after.ReaderWaits > 0);
    }

    [Fact]
    public void The_meter_exports_the_sums_over_all_machines()
    {
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        using var machine = new VirtualMachine();
        machine.Slots.Add(new Gpa(0), memory);
        machine.Vcpus.Create(new VcpuId(0)).Memory.Write(new Gpa(0), 1UL);
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == MachineCounters.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();

        listener.RecordObservableInstruments();

        // Other tests have machines too.
        Assert.True(seen["kvmsharp.slots"] >= 1);
        Assert.True(seen["kvmsharp.vcpus"] >= 1);
        Assert.True(seen["kvmsharp.faults"] >= 1);
        Assert.True(seen["kvmsharp.publications"] >= 1);
        Assert.True(seen["kvmsharp.mapped_pages"] >= 1);
    }
}
