using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.SecondStage;

/// <summary>A tracked frame's next write is announced, once, before anybody can read it as unannounced.</summary>
public sealed class WriteTrackingTests : IDisposable
{
    const ulong MemoryBytes = 8UL << 20;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(MemoryBytes);
    readonly VirtualMachine _machine = new();
    readonly Recorder _recorder = new();
    readonly Vcpu _vcpu;

    public WriteTrackingTests()
    {
        _machine.Slots.Add(new Gpa(0), _memory);
        _vcpu = _machine.Vcpus.Create(new VcpuId(0));
        _machine.WriteTracking.Tracker = _recorder;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_by_a_vCPU_is_announced_once(bool writtenBefore)
    {
        _machine.WriteTracking.Protect();
        if (writtenBefore)
            _vcpu.Memory.Write(new Gpa(0x3008), 1UL);
        _machine.WriteTracking.Track(default, new Gfn(3));
        Assert.Equal(0UL, _vcpu.Memory.Read<ulong>(new Gpa(0x3010)));
        Assert.Empty(_recorder.Frames);

        _vcpu.Memory.Write(new Gpa(0x3000), 2UL);
        _vcpu.Memory.Write(new Gpa(0x3000), 3UL);
        Assert.Equal([new Gfn(3)], _recorder.Frames);
        Assert.False(_machine.WriteTracking.IsTracked(default, new Gfn(3)));
    }

    [Fact]
    public void A_write_that_crosses_into_a_tracked_frame_is_announced()
    {
        _machine.WriteTracking.Protect();
        _machine.WriteTracking.Track(default, new Gfn(3));
        _vcpu.Memory.Write(new Gpa(0x2FFC), ulong.MaxValue);
        Assert.Equal([new Gfn(3)], _recorder.Frames);
    }

    [Fact]
    public void An_atomic_operation_is_announced()
    {
        _machine.WriteTracking.Protect();
        _vcpu.Memory.Read<ulong>(new Gpa(0x5000));
        _machine.WriteTracking.Track(default, new Gfn(5));
        Assert.True(_vcpu.Memory.TryAdd(new Gpa(0x5000), 1UL, out _));
        Assert.Equal([new Gfn(5)], _recorder.Frames);
    }

    [Fact]
    public void Neighbours_in_a_large_leaf_are_written_unannounced()
    {
        _machine.WriteTracking.Protect();
        _vcpu.Memory.Write(new Gpa(0x20_0000), 1UL);
        _machine.WriteTracking.Track(default, new Gfn(0x201));
        _vcpu.Memory.Write(new Gpa(0x20_0008), 1UL);
        _vcpu.Memory.Write(new Gpa(0x20_2000), 1UL);
        Assert.Empty(_recorder.Frames);
        _vcpu.Memory.Write(new Gpa(0x20_1000), 1UL);
        Assert.Equal([new Gfn(0x201)], _recorder.Frames);
    }

    [Fact]
    public void A_frame_that_is_zapped_and_read_again_stays_tracked()
    {
        _machine.WriteTracking.Protect();
        _machine.WriteTracking.Track(default, new Gfn(4));
        _memory.Discard(0, MemoryBytes);
        _vcpu.Memory.Read<ulong>(new Gpa(0x4000));
        _vcpu.Memory.Write(new Gpa(0x4000), 1UL);
        Assert.Equal([new Gfn(4)], _recorder.Frames);
    }

    [Fact]
    public void A_write_by_the_machine_is_announced_whether_vCPUs_are_protected_or_not()
    {
        _machine.WriteTracking.Track(default, new Gfn(1));
        _machine.Memory.Write(new Gpa(0x1FFC), ulong.MaxValue);
        Assert.Equal([new Gfn(1)], _recorder.Frames);
    }

    [Fact]
    public void Without_protection_a_vCPU_writes_unannounced_and_with_it_all_tracked_frames_are_announced()
    {
        _machine.WriteTracking.Track(default, new Gfn(1));
        _machine.WriteTracking.Track(default, new Gfn(0x300));
        _vcpu.Memory.Write(new Gpa(0x1000), 1UL);
        Assert.Empty(_recorder.Frames);
        _machine.WriteTracking.Protect();
        Assert.Equal([new Gfn(1), new Gfn(0x300)], [.. _recorder.Frames.Order()]);
    }

    [Fact]
    public void Logged_frames_are_announced_and_recorded()
    {
        using var memory = AnonymousMemory.Create(1UL << 20);
        SlotId slot = _machine.Slots.Add(new Gpa(0x4000_0000), memory, SlotFlags.LogDirty);
        _machine.WriteTracking.Protect();
        _machine.WriteTracking.Track(default, new Gfn(0x4_0002));
        _vcpu.Memory.Write(new Gpa(0x4000_2000), 1UL);
        Assert.Equal([new Gfn(0x4_0002)], _recorder.Frames);
        _machine.Slots.Delete(slot);
    }

    // A reader that tracks and then reads must not see another value afterwards without having been told. The writer is a
    // vCPU or the machine's own view.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_value_never_changes_unannounced(bool byVcpu)
    {
        const int Rounds = 3000;
        var at = new Gpa(0x6000);
        _machine.WriteTracking.Protect();
        Vcpu writer = _machine.Vcpus.Create(new VcpuId(1));
        bool stops = false;
        using Background writing = Background.Run(() =>
        {
            for (ulong value = 1; !Volatile.Read(ref stops); value++)
            {
                if (byVcpu)
                    writer.Memory.Write(at, value);
                else
                    _machine.Memory.Write(at, value);
            }
        });
        int changes = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int before = _recorder.Count;
            _machine.WriteTracking.Track(default, at.Frame);
            ulong first = _machine.Memory.Read<ulong>(at);
            ulong second = _machine.Memory.Read<ulong>(at);
            if (first != second)
            {
                changes++;
                // The machine's view tells after it has written: what is not told yet is about to be.
                if (byVcpu)
                    Assert.NotEqual(before, _recorder.Count);
                else
                    Background.Until(() => _recorder.Count != before);
            }
        }
        Volatile.Write(ref stops, true);
        writing.Join();
        Assert.True(_recorder.Count > 0 || changes == 0);
    }

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    sealed class Recorder : IWriteTracker
    {
        readonly Lock _lock = new();
        readonly List<Gfn> _frames = [];
        int _count;

        internal int Count => Volatile.Read(ref _count);

        internal Gfn[] Frames
        {
            get
            {
                lock (_lock)
                    return [.. _frames];
            }
        }

        public void Written(AddressSpaceId space, Gfn gfn)
        {
            lock (_lock)
                _frames.Add(gfn);
            Interlocked.Increment(ref _count);
        }
    }
}
