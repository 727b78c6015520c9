using System;
using System.Threading;
using KvmSharp.InterruptControllers;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.InterruptControllers;

public sealed class LocalApicTests
{
    const int TaskPriority = 0x80;
    const int ProcessorPriority = 0xA0;
    const int EndOfInterrupt = 0xB0;
    const int SpuriousVector = 0xF0;
    const int TimerRegister = 0x320;
    const int InitialCount = 0x380;
    const int CurrentCount = 0x390;
    const int Divide = 0x3E0;

    [Fact]
    public void The_highest_vector_comes_first_and_holds_back_its_class()
    {
        using ApicMachine machine = new ApicMachine().Enable();
        LocalApic apic = machine.Apic();
        machine.Send(0, 0x41);
        machine.Send(0, 0x52);
        machine.Send(0, 0x58);

        Assert.True(apic.TryAcknowledge(out byte vector));
        Assert.Equal(0x58, vector);
        Assert.False(apic.HasInterrupt);
        Assert.Equal(0x50u, ApicMachine.Read(apic, ProcessorPriority));

        ApicMachine.Write(apic, EndOfInterrupt, 0);
        Assert.True(apic.TryAcknowledge(out vector));
        Assert.Equal(0x52, vector);
    }

    [Fact]
    public void An_interrupt_of_a_higher_class_comes_in_between()
    {
        using ApicMachine machine = new ApicMachine().Enable();
        LocalApic apic = machine.Apic();
        machine.Send(0, 0x41);
        Assert.True(apic.TryAcknowledge(out _));
        machine.Send(0, 0x51);

        Assert.True(apic.TryAcknowledge(out byte vector));
        Assert.Equal(0x51, vector);
        ApicMachine.Write(apic, EndOfInterrupt, 0);
        Assert.Equal(0x40u, ApicMachine.Read(apic, ProcessorPriority));
    }

    [Theory]
    [InlineData(0x3F, true)]
    [InlineData(0x40, false)]
    [InlineData(0x4F, false)]
    public void The_task_priority_holds_back_its_class_and_lower_ones(uint priority, bool isDue)
    {
        using ApicMachine machine = new ApicMachine().Enable();
        ApicMachine.Write(machine.Apic(), TaskPriority, priority);
        machine.Send(0);

        Assert.Equal(isDue, machine.Apic().HasInterrupt);
        Assert.Equal(priority >> 4, machine.Apic().TaskPriorityClass);
    }

    [Fact]
    public void What_software_has_switched_off_takes_nothing()
    {
        using ApicMachine machine = new ApicMachine().Enable();
        ApicMachine.Write(machine.Apic(), TimerRegister, 0x41);
        ApicMachine.Write(machine.Apic(), SpuriousVector, 0xFF);

        Assert.Equal(0, machine.Send(0));
        Assert.Equal(0x10041u, ApicMachine.Read(machine.Apic(), TimerRegister));
    }

    [Fact]
    public void The_timer_counts_down_once_or_again_and_again()
    {
        var clock = new StagedClock();
        using ApicMachine machine = new ApicMachine(clock: clock).Enable();
        LocalApic apic = machine.Apic();
        // By two; a million counts are two milliseconds.
        ApicMachine.Write(apic, Divide, 0);
        ApicMachine.Write(apic, TimerRegister, 0x41);
        ApicMachine.Write(apic, InitialCount, 1_000_000);
        clock.Advance(1_500_000);
        Assert.Equal(250_000u, ApicMachine.Read(apic, CurrentCount));

        clock.Advance(500_000);
        apic.ServeTimer();
        Assert.True(apic.TryAcknowledge(out byte vector));
        Assert.Equal(0x41, vector);
        Assert.Equal(0u, ApicMachine.Read(apic, CurrentCount));
        ApicMachine.Write(apic, EndOfInterrupt, 0);

        ApicMachine.Write(apic, TimerRegister, 0x2_0042);
        ApicMachine.Write(apic, InitialCount, 1_000_000);
        // Three periods that nobody saw are one interrupt, and the count goes on where it would be.
        clock.Advance(7_000_000);
        Assert.Equal(500_000u, ApicMachine.Read(apic, CurrentCount));
        apic.ServeTimer();
        Assert.True(apic.TryAcknowledge(out vector));
        Assert.Equal(0x42, vector);
        apic.ServeTimer();
        Assert.False(apic.HasInterrupt);

        ApicMachine.Write(apic, InitialCount, 0);
        clock.Advance(10_000_000);
        apic.ServeTimer();
        Assert.False(apic.HasInterrupt);
    }

    [Fact]
    public void A_timer_that_is_set_anew_does_not_expire_at_its_former_time()
    {
        var clock = new StagedClock();
        using ApicMachine machine = new ApicMachine(clock: clock).Enable();
        LocalApic apic = machine.Apic();
        ApicMachine.Write(apic, Divide, 0xB);
        ApicMachine.Write(apic, TimerRegister, 0x41);
        ApicMachine.Write(apic, InitialCount, 2_000_000);
        clock.Advance(1_000_000);
        ApicMachine.Write(apic, InitialCount, 4_000_000);
        clock.Advance(3_000_000);
        apic.ServeTimer();
        Assert.False(apic.HasInterrupt);
        Assert.Equal(1_000_000u, ApicMachine.Read(apic, CurrentCount));

        // Twice as long for what is left.
        ApicMachine.Write(apic, Divide, 0);
        clock.Advance(1_000_000);
        Assert.Equal(500_000u, ApicMachine.Read(apic, CurrentCount));
        clock.Advance(1_000_000);
        apic.ServeTimer();
        Assert.True(apic.HasInterrupt);
    }

    [Theory]
    [InlineData(0xFEE0_0000u | (1 << 11), true)]
    [InlineData(0xFEE0_0000u, true)]
    [InlineData(0xFEE0_0000u | (1 << 10), false)]
    [InlineData(0xFEE0_0000u | (1 << 11) | 1, false)]
    public void The_base_register_takes_what_a_processor_takes(uint value, bool isTaken)
    {
        using var machine = new ApicMachine();
        Assert.Equal(isTaken, machine.Apic().TrySetBase(value, hasX2: true, byHost: false));
    }

    [Fact]
    public void X2_mode_is_left_by_switching_off_only()
    {
        const ulong X1 = LocalApic.DefaultBase | (1 << 11);
        const ulong X2 = X1 | (1 << 10);
        using ApicMachine machine = new ApicMachine(2).Enable();
        LocalApic apic = machine.Apic(1);
        Assert.False(apic.TrySetBase(X2, hasX2: false, byHost: false));
        Assert.True(apic.TrySetBase(X2, hasX2: true, byHost: false));
        Assert.False(apic.TrySetBase(X1, hasX2: true, byHost: false));

        Assert.True(apic.TryReadMsr(0x80D, out ulong logical));
        Assert.Equal(2u, logical);
        Assert.False(apic.TryWriteMsr(0x80D, 1));
        Assert.True(apic.TryWriteMsr(0x83F, 0x33));
        Assert.True(apic.TryAcknowledge(out byte vector));
        Assert.Equal(0x33, vector);
    }

    [Fact]
    public void A_message_that_comes_before_the_vcpu_sleeps_is_not_slept_through()
    {
        using ApicMachine machine = new ApicMachine().Enable();
        Vcpu vcpu = machine.Apic().Vcpu;
        vcpu.TakeRequest(LocalApic.EventRequest);

        // The owner has looked and found nothing; now it comes.
        Assert.False(machine.Apic().HasInterrupt);
        machine.Send(0);

        Assert.True(vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
        Assert.True(vcpu.TakeRequest(LocalApic.EventRequest));
        Assert.True(machine.Apic().HasInterrupt);
    }

    [Fact]
    public void A_message_wakes_a_vcpu_that_sleeps()
    {
        using ApicMachine machine = new ApicMachine().Enable();
        Vcpu vcpu = machine.Apic().Vcpu;
        var owner = new Thread(() => vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
        owner.Start();
        SpinWait.SpinUntil(() => vcpu.IsBlocked);

        machine.Send(0);

        Assert.True(owner.Join(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Vcpus_that_sleep_and_wake_each_other_miss_no_interrupt()
    {
        const int Rounds = 2000;
        using ApicMachine machine = new ApicMachine(2).Enable();
        var owners = new Thread[2];
        int taken = 0;
        for (int index = 0; index < owners.Length; index++)
        {
            LocalApic apic = machine.Apic(index);
            uint other = 1 - (uint)index;
            owners[index] = new Thread(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    apic.Vcpu.TakeRequest(LocalApic.EventRequest);
                    while (!apic.TryAcknowledge(out _))
                    {
                        apic.Vcpu.WaitForRequest(TimeSpan.FromSeconds(20));
                        if (!apic.Vcpu.TakeRequest(LocalApic.EventRequest))
                            return;
                    }
                    ApicMachine.Write(apic, EndOfInterrupt, 0);
                    Interlocked.Increment(ref taken);
                    ApicMachine.Write(apic, 0x310, other << 24);
                    ApicMachine.Write(apic, 0x300, 0x4000 | ApicMachine.Vector);
                }
            });
            owners[index].Start();
        }
        machine.Send(0);

        foreach (Thread owner in owners)
            owner.Join();
        Assert.Equal(2 * Rounds, taken);
    }

    [Fact]
    public void Hypercalls_send_their_interrupts_to_local_apics()
    {
        using ApicMachine machine = new ApicMachine(2).Enable();
        ApicMachine.Write(machine.Apic(0), SpuriousVector, 0xFF);
        foreach (Vcpu vcpu in machine.Machine.Vcpus)
            machine.Machine.HyperV.Interrupts!.Deliver(vcpu, 0x77);

        Assert.False(machine.Apic(0).HasInterrupt);
        Assert.True(machine.Apic(1).TryAcknowledge(out byte vector));
        Assert.Equal(0x77, vector);
    }
}
