using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Buses;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Buses;

/// <summary>Writes that do not leave the guest. How KVM does it stands in <c>conform/events.kvm</c>; this is what is ours.</summary>
public sealed class MachineBusesTests : IDisposable
{
    const ulong Device = 0x50_0000;

    readonly VirtualMachine _machine = new();
    readonly CountedEvent _event = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void A_write_that_raises_an_event_does_not_reach_the_device()
    {
        GuestMemory memory = NewVcpu(out RecordingDevice device);
        Assert.Equal(KvmErrno.None, _machine.Buses.TryAddTrigger(new WriteTrigger(Device, 4, false, 7), _event));

        memory.Write(new Gpa(Device), 7u);
        memory.Write(new Gpa(Device), 8u);
        memory.Write(new Gpa(Device), (ushort)7);

        Assert.Equal(1UL, _event.Take());
        Assert.Equal(["500000: 08000000", "500000: 0700"], device.Writes);
    }

    [Fact]
    public void A_form_that_only_tries_asks_nobody()
    {
        GuestMemory memory = NewVcpu(out RecordingDevice device);
        _machine.Buses.TryAddTrigger(new WriteTrigger(Device, 0, false), _event);

        Assert.False(memory.TryWrite(new Gpa(Device), 7u));
        Assert.Equal(0UL, _event.Take());

        uint value = 7;
        memory.Complete(device, ref value);
        Assert.Equal(1UL, _event.Take());
        Assert.Empty(device.Writes);
    }

    // What follows a piece that nobody takes is the device's, in the same page; the next page begins anew.
    [Fact]
    public void Pieces_are_offered_as_KVM_offers_them()
    {
        GuestMemory memory = NewVcpu(out RecordingDevice device);
        _machine.Buses.TryAddZone(new CoalescedZone(Device + 8, 8));
        _machine.Buses.TryAddZone(new CoalescedZone(Device + 0x1000, 0x1000));

        memory.Write(new Gpa(Device), UInt128.One);
        memory.Write(new Gpa(Device + 8), UInt128.One);
        memory.Write(new Gpa(Device + 0xffc), 0x1122_3344_5566_7788UL);

        Assert.Equal(
            ["500000: 0100000000000000", "500008: 0000000000000000", "500010: 0000000000000000", "500ffc: 88776655"],
            device.Writes);
        Assert.Equal(
            [new CoalescedWrite(Device + 8, 8, false, 1), new CoalescedWrite(Device + 0x1000, 4, false, 0x1122_3344)],
            TakeAll());
    }

    [Fact]
    public void Reads_and_memory_are_not_offered()
    {
        GuestMemory memory = NewVcpu(out RecordingDevice device);
        using AnonymousMemory ram = AnonymousMemory.Create(Page.Size);
        _machine.Slots.Add(new Gpa(0), ram);
        _machine.Buses.TryAddZone(new CoalescedZone(0, 0x100_0000));

        memory.Write(new Gpa(8), 5u);
        _ = memory.Read<uint>(new Gpa(Device));

        Assert.Equal(0, _machine.Buses.Coalesced.Count);
        Assert.Equal(["500000: read 4"], device.Writes);
    }

    [Fact]
    public void A_full_ring_lets_writes_through_until_one_is_taken()
    {
        GuestMemory memory = NewVcpu(out RecordingDevice device);
        _machine.Buses.TryAddZone(new CoalescedZone(Device, 0x1000));
        int room = CoalescedRing.Capacity - 1;
        for (int write = 0; write < room; write++)
            memory.Write(new Gpa(Device), (byte)write);
        Assert.Equal(169, _machine.Buses.Coalesced.Count);

        memory.Write(new Gpa(Device), (byte)0xee);
        Assert.Equal(["500000: ee"], device.Writes);
        Assert.True(_machine.Buses.Coalesced.TryTake(out CoalescedWrite oldest));
        Assert.Equal(0UL, oldest.Data);
        memory.Write(new Gpa(Device), (byte)0xff);

        List<CoalescedWrite> rest = TakeAll();
        Assert.Equal(room, rest.Count);
        Assert.Equal(0xffUL, rest[^1].Data);
    }

    // Each writer's own writes come out in its order, none twice; those that find no room are told so.
    [Fact]
    public void Writers_and_who_takes_lose_nothing()
    {
        const int Writers = 3;
        const uint Writes = 20_000;
        IoBus bus = _machine.Buses.Memory;
        _machine.Buses.TryAddZone(new CoalescedZone(0, 0x1000));
        long refused = 0;
        var threads = new Thread[Writers];
        for (int writer = 0; writer < Writers; writer++)
        {
            ulong address = (ulong)writer * 4;
            threads[writer] = new Thread(() =>
            {
                byte[] data = new byte[4];
                for (uint write = 1; write <= Writes; write++)
                {
                    BitConverter.TryWriteBytes(data, write);
                    if (!bus.TryWrite(address, data))
                        Interlocked.Increment(ref refused);
                }
            });
            threads[writer].Start();
        }

        ulong[] last = new ulong[Writers];
        long taken = 0;
        for (bool running = true; running;)
        {
            // Once more after all have ended.
            running = Array.Exists(threads, static thread => thread.IsAlive);
            while (_machine.Buses.Coalesced.TryTake(out CoalescedWrite write))
            {
                ref ulong previous = ref last[write.Address / 4];
                Assert.True(write.Data > previous, $"0x{write.Data:x} after 0x{previous:x}");
                previous = write.Data;
                taken++;
            }
        }

        Assert.Equal(Writers * Writes, taken + Interlocked.Read(ref refused));
        Assert.True(taken >= CoalescedRing.Capacity - 1, $"{taken}");
    }

    // The search is KVM's: it halves by where ranges end too, and a range inside another hides what lies behind it.
    [Fact]
    public void A_range_inside_another_hides_what_lies_behind_it()
    {
        _machine.Buses.TryAddZone(new CoalescedZone(Device, 0x1000));
        Assert.True(_machine.Buses.Memory.IsWatched(Device + 0x800, 1));

        _machine.Buses.TryAddTrigger(new WriteTrigger(Device + 0x100, 4, false), _event);

        Assert.False(_machine.Buses.Memory.IsWatched(Device + 0x800, 1));
        Assert.True(_machine.Buses.Memory.IsWatched(Device + 0x80, 1));
    }

    [Fact]
    public void An_access_finds_every_range_around_it_among_many()
    {
        for (int index = 0; index < 999; index++)
            Assert.Equal(KvmErrno.None, _machine.Buses.TryAddZone(new CoalescedZone((ulong)index * 16, 8)));

        Assert.All(Enumerable.Range(0, 999), index => Assert.True(_machine.Buses.Memory.IsWatched(((ulong)index * 16) + 4, 4)));
        Assert.All(Enumerable.Range(0, 999), index => Assert.False(_machine.Buses.Memory.IsWatched(((ulong)index * 16) + 5, 4)));
    }

    // A write that is under way when the trigger goes is waited for: the event's owner may throw it away then.
    [Fact]
    public void A_trigger_that_was_removed_raises_nothing_any_more()
    {
        using var raising = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using var slow = new SlowEvent(raising, goOn);
        var trigger = new WriteTrigger(Device, 1, false);
        _machine.Buses.TryAddTrigger(trigger, slow);
        var writer = new Thread(() => _machine.Buses.Memory.TryWrite(Device, [1]));
        writer.Start();
        Assert.True(raising.Wait(TimeSpan.FromSeconds(10)));

        KvmErrno errno = KvmErrno.EIO;
        var remover = new Thread(() => errno = _machine.Buses.TryRemoveTrigger(trigger, slow));
        remover.Start();
        Assert.False(remover.Join(20), "the trigger was removed while it was being raised");
        goOn.Set();

        Assert.True(remover.Join(TimeSpan.FromSeconds(10)));
        Assert.True(writer.Join(TimeSpan.FromSeconds(10)));
        Assert.Equal(KvmErrno.None, errno);
        Assert.False(_machine.Buses.Memory.TryWrite(Device, [1]));
    }

    [Fact]
    public void A_removal_inside_a_read_section_would_wait_for_itself()
    {
        using (_machine.EnterReadSection())
        {
            Assert.Throws<InvalidOperationException>(() => _machine.Buses.RemoveZones(new CoalescedZone(0, 1)));
            Assert.Throws<InvalidOperationException>(
                () => _machine.Buses.TryRemoveTrigger(new WriteTrigger(0, 1, false), _event));
        }
    }

    GuestMemory NewVcpu(out RecordingDevice device)
    {
        GuestMemory memory = _machine.Vcpus.Create(new VcpuId(0)).Memory;
        memory.Device = device = new RecordingDevice();
        return memory;
    }

    List<CoalescedWrite> TakeAll()
    {
        var all = new List<CoalescedWrite>();
        while (_machine.Buses.Coalesced.TryTake(out CoalescedWrite write))
            all.Add(write);
        return all;
    }

    sealed class RecordingDevice : IMmioDevice
    {
        internal List<string> Writes { get; } = [];

        public void Read(Gpa address, Span<byte> data) => Writes.Add($"{address.Value:x}: read {data.Length}");

        public void Write(Gpa address, ReadOnlySpan<byte> data) =>
            Writes.Add($"{address.Value:x}: {Convert.ToHexStringLower(data)}");
    }

    sealed class SlowEvent(ManualResetEventSlim raising, ManualResetEventSlim goOn) : IMachineEvent
    {
        public void Raise()
        {
            raising.Set();
            goOn.Wait();
        }

        public ulong Take() => 0;

        public bool Wait(TimeSpan timeout) => false;

        public void Dispose()
        {
        }
    }
}
