using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.HostMemory;
using KvmSharp.InterruptControllers;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>Interrupts on every backend: a vCPU that halts waits inside, and what wakes it. The guests are real-mode code.</summary>
public abstract class InterruptConformance : IDisposable
{
    const byte Vector = 0x41;
    const ushort Handler = 0x2000;
    const byte HandlerPort = 0x10;
    const byte ReadyPort = 0x12;
    const byte StartPage = 3;

    static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

    // Writes that the code below is made of: mov ebx, ADDRESS; mov eax, VALUE; mov [ebx], eax.
    static readonly byte[] _enableApic = Store(0xFEE000F0, 0x1FF);

    // out ReadyPort, al; sti; hlt; jmp to hlt.
    static readonly byte[] _waitForEver = [0xe6, ReadyPort, 0xfb, 0xf4, 0xeb, 0xfd];

    readonly AnonymousMemory _memory = AnonymousMemory.Create(0x1_0000);
    readonly IMachine _machine;

    protected InterruptConformance(IMachine machine)
    {
        _machine = machine;
        Assert.Equal(KvmErrno.None, machine.TryCreateIrqchip());
        machine.Slots.Create(new SlotId(0), new Gpa(0), _memory);
        // The table of interrupts, the handler, and where a second processor starts.
        BitConverter.TryWriteBytes(_memory.AsSpan(Vector * 4, 4), (uint)Handler);
        new byte[] { 0xe6, HandlerPort, 0xcf }.CopyTo(_memory.AsSpan(Handler, 3));
        new byte[] { 0xe6, StartPage, 0xf4 }.CopyTo(_memory.AsSpan(StartPage << Page.Shift, 3));
    }

    public void Dispose()
    {
        _machine.Dispose();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [BackendFact]
    public void A_message_wakes_a_vcpu_that_halts()
    {
        IVcpu vcpu = Start([.. _enableApic, .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        var seen = new List<ushort>();
        Thread owner = RunOn(vcpu, seen);

        Assert.Equal(KvmErrno.None, _machine.TrySignalMsi(new MsiMessage(LocalApic.DefaultBase, Vector), out int taken));

        Assert.Equal(1, taken);
        Assert.True(owner.Join(_soon));
        Assert.Equal([HandlerPort], seen);
    }

    [BackendFact]
    public void An_event_wakes_a_vcpu_that_halts()
    {
        IVcpu vcpu = Start([.. _enableApic, .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        using IMachineEvent source = _machine.CreateEvent();
        GsiRoute route = GsiRoute.ToMessage(24, new MsiMessage(LocalApic.DefaultBase, Vector));
        Assert.Equal(KvmErrno.None, _machine.TrySetGsiRouting([route]));
        Assert.Equal(KvmErrno.None, _machine.TryAddInterruptSource(24, source));
        var seen = new List<ushort>();
        Thread owner = RunOn(vcpu, seen);

        source.Raise();

        Assert.True(owner.Join(_soon));
        Assert.Equal([HandlerPort], seen);
        Assert.Equal(KvmErrno.EBUSY, _machine.TryAddInterruptSource(25, source));
        Assert.Equal(KvmErrno.None, _machine.TryRemoveInterruptSource(24, source));
    }

    [BackendFact]
    public void The_timer_wakes_a_vcpu_that_halts()
    {
        // Once, after a hundred thousand counts.
        IVcpu vcpu = Start(
            [.. _enableApic, .. Store(0xFEE003E0, 0xB), .. Store(0xFEE00320, Vector), .. Store(0xFEE00380, 100_000), .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        var seen = new List<ushort>();

        Assert.True(RunOn(vcpu, seen).Join(_soon));
        Assert.Equal([HandlerPort], seen);
    }

    [BackendFact]
    public void A_kick_ends_the_run_of_a_vcpu_that_halts()
    {
        IVcpu vcpu = Start([.. _enableApic, .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        var seen = new List<ushort>();
        VcpuExitReason reason = default;
        Thread owner = RunOn(vcpu, seen, ended => reason = ended);

        vcpu.Kick();

        Assert.True(owner.Join(_soon));
        Assert.Equal(VcpuExitReason.Intr, reason);
    }

    [BackendFact]
    public void The_end_of_the_machine_ends_the_run_of_a_vcpu_that_halts()
    {
        IVcpu vcpu = Start([.. _enableApic, .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        Thread owner = RunOn(vcpu, []);

        _machine.Dispose();

        Assert.True(owner.Join(_soon));
    }

    [BackendFact]
    public void A_second_processor_starts_where_the_first_says()
    {
        IVcpu first = Start(
            [.. _enableApic, .. Store(0xFEE00310, 1 << 24), .. Store(0xFEE00300, 0x4500), .. Store(0xFEE00300, 0x4600 | StartPage),
                .. _waitForEver]);
        IVcpu second = _machine.CreateVcpu(new VcpuId(1));
        Assert.Equal(KvmMpState.Uninitialized, second.MpState);
        var seen = new List<ushort>();
        Thread owner = RunOn(second, seen);

        RunTo(first, ReadyPort);

        Assert.True(owner.Join(_soon));
        Assert.Equal([StartPage], seen);
        Assert.Equal(KvmMpState.Runnable, second.MpState);
        second.GetSregs(out KvmSregs sregs);
        Assert.Equal(StartPage << 8, sregs.Cs.Selector);
    }

    [BackendFact]
    public void Interrupt_controllers_come_before_vcpus_and_once()
    {
        Assert.Equal(KvmErrno.EEXIST, _machine.TryCreateIrqchip());
        IVcpu vcpu = _machine.CreateVcpu(new VcpuId(0));
        Assert.Equal(KvmErrno.EEXIST, _machine.TryCreateIrqchip());
        Assert.Equal(KvmErrno.ENXIO, Assert.Throws<KvmException>(() => vcpu.Interrupt(Vector)).Errno);
        Assert.Throws<ArgumentException>(() => _machine.TryAddInterruptSource(0, new StrangeEvent()));
    }

    [BackendFact]
    public void The_state_of_all_chips_can_be_moved()
    {
        IVcpu vcpu = Start([.. _enableApic, .. _waitForEver]);
        RunTo(vcpu, ReadyPort);
        Assert.Equal(KvmErrno.None, _machine.TrySetIrqLine(20, true));
        byte[] registers = new byte[LocalApic.StateBytes];
        byte[] pins = new byte[Irqchip.StateBytesOf(IrqchipId.IoApic)];
        vcpu.GetLapic(registers);
        Assert.Equal(KvmErrno.None, _machine.TryGetIrqchip(IrqchipId.IoApic, pins));
        Assert.Equal(0x1FF, BitConverter.ToInt32(registers, 0xF0));
        Assert.Equal(1 << 20, BitConverter.ToInt32(pins, 16));

        registers[0x80] = 0x30;
        vcpu.SetLapic(registers);
        Assert.Equal(KvmErrno.None, _machine.TrySetIrqchip(IrqchipId.IoApic, pins));

        vcpu.GetSregs(out KvmSregs sregs);
        Assert.Equal(3UL, sregs.Cr8);
        Assert.ThrowsAny<ArgumentException>(() => vcpu.GetLapic(new byte[LocalApic.StateBytes - 1]));
    }

    IVcpu Start(ReadOnlySpan<byte> code)
    {
        const ulong Entry = 0x1000;
        code.CopyTo(_memory.AsSpan((int)Entry, code.Length));
        IVcpu vcpu = _machine.CreateVcpu(new VcpuId(0));
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        sregs.Ds.Limit = uint.MaxValue;
        sregs.Ds.G = 1;
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs { Rip = Entry, Rsp = 0x8000, Rflags = 2 });
        return vcpu;
    }

    // One run, on a thread of its own; the port of its exit, if it has one.
    static Thread RunOn(IVcpu vcpu, List<ushort> ports, Action<VcpuExitReason>? ended = null)
    {
        var owner = new Thread(() =>
        {
            VcpuExit exit = vcpu.Run();
            if (exit.Reason == VcpuExitReason.Io)
                ports.Add(exit.Io.Port);
            ended?.Invoke(exit.Reason);
        });
        owner.Start();
        return owner;
    }

    static void RunTo(IVcpu vcpu, ushort port)
    {
        VcpuExit exit = vcpu.Run();
        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        Assert.Equal(port, exit.Io.Port);
    }

    static byte[] Store(uint address, uint value) =>
        [0x66, 0xbb, .. BitConverter.GetBytes(address), 0x66, 0xb8, .. BitConverter.GetBytes(value), 0x67, 0x66, 0x89, 0x03];

    sealed class StrangeEvent : IMachineEvent
    {
        public void Raise()
        {
        }

        public ulong Take() => 0;

        public bool Wait(TimeSpan timeout) => false;

        public void Dispose()
        {
        }
    }
}
