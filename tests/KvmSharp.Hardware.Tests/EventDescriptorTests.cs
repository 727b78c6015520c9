using System;
using System.Threading;
using KvmSharp.Buses;
using KvmSharp.Hardware.Raw;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>The kernel's events, which need no <c>/dev/kvm</c>.</summary>
public sealed class EventDescriptorTests
{
    static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    [LinuxFact]
    public void A_count_is_taken_once_and_waiting_leaves_it()
    {
        using var raised = new EventDescriptor();
        Assert.Equal(0UL, raised.Take());
        Assert.False(raised.Wait(TimeSpan.Zero));
        Assert.False(raised.Wait(TimeSpan.FromMilliseconds(1)));

        raised.Raise();
        raised.Raise();

        Assert.True(raised.Wait(Timeout.InfiniteTimeSpan));
        Assert.Equal(2UL, raised.Take());
        Assert.Equal(0UL, raised.Take());
    }

    [LinuxFact]
    public void Who_waits_is_woken()
    {
        using var raised = new EventDescriptor();
        bool woken = false;
        var waiter = new Thread(() => woken = raised.Wait(_soon));
        waiter.Start();

        raised.Raise();

        Assert.True(waiter.Join(_soon));
        Assert.True(woken);
    }

    // So that a device of another process, which waits on the descriptor, can serve a software CPU.
    [LinuxFact]
    public void The_cores_bus_raises_it_too()
    {
        using var machine = new VirtualMachine();
        using var raised = new EventDescriptor();
        Assert.Equal(KvmErrno.None, machine.Buses.TryAddTrigger(new WriteTrigger(0x1000, 4, IsPort: false), raised));

        Assert.True(machine.Buses.Memory.TryWrite(0x1000, [1, 2, 3, 4]));

        Assert.Equal(1UL, raised.Take());
    }

    [KvmFact]
    public void The_kernel_raises_no_other_event()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using var counted = new CountedEvent();
        var closed = new EventDescriptor();
        closed.Dispose();
        var trigger = new WriteTrigger(0x1000, 4, IsPort: false);

        Assert.Throws<ArgumentException>(() => machine.TryAddTrigger(trigger, counted));
        Assert.Throws<ArgumentException>(() => machine.TryAddInterruptSource(5, counted));
        Assert.Throws<ObjectDisposedException>(() => machine.TryAddTrigger(trigger, closed));
    }

    sealed class LinuxFactAttribute : FactAttribute
    {
        public LinuxFactAttribute()
        {
            if (!OperatingSystem.IsLinux())
                Skip = "eventfd is Linux'";
        }
    }
}
