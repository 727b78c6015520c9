using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Hardware.Tests;

public sealed class HardwareVcpuTests
{
    static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    // jmp $
    static readonly byte[] _spin = [0xeb, 0xfe];

    [KvmFact]
    public void Data_of_ports_passes_both_ways()
    {
        // mov al, 0x41; out 0x10, al; in al, 0x11; mov [0x2000], al; hlt
        using var guest = new RealModeGuest(0xb0, 0x41, 0xe6, 0x10, 0xe4, 0x11, 0xa2, 0x00, 0x20, 0xf4);

        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new IoExit(IoDirection.Out, 1, 0x10, 1), exit.Io);
        Assert.Equal([0x41], exit.Data.ToArray());

        exit = guest.Vcpu.Run();
        Assert.Equal(new IoExit(IoDirection.In, 1, 0x11, 1), exit.Io);
        exit.Data[0] = 0x5a;

        exit = guest.Vcpu.Run();
        Assert.Equal(VcpuExitReason.Hlt, exit.Reason);
        Assert.Equal(0x5a, guest.Machine.Memory.Read<byte>(new Gpa(0x2000)));
        guest.Vcpu.GetRegs(out KvmRegs regs);
        Assert.Equal(RealModeGuest.Entry + 10, regs.Rip);
    }

    [KvmFact]
    public void Accesses_outside_memory_are_answered_by_the_user()
    {
        // mov dword [ebx], 0xdeadbeef; mov eax, [ebx+16]; mov [0x2004], eax; hlt
        using var guest = new RealModeGuest(
            0x67, 0x66, 0xc7, 0x03, 0xef, 0xbe, 0xad, 0xde, 0x67, 0x66, 0x8b, 0x43, 0x10, 0x66, 0xa3, 0x04, 0x20, 0xf4);
        guest.Vcpu.GetSregs(out KvmSregs sregs);
        sregs.Ds.Limit = uint.MaxValue;
        sregs.Ds.G = 1;
        guest.Vcpu.SetSregs(sregs);
        guest.Vcpu.SetRegs(new KvmRegs { Rip = RealModeGuest.Entry, Rflags = 2, Rbx = 0x20_0010 });

        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(0x20_0010), 4, IsWrite: true), exit.Mmio);
        Assert.Equal([0xef, 0xbe, 0xad, 0xde], exit.Data.ToArray());

        exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(0x20_0020), 4, IsWrite: false), exit.Mmio);
        BitConverter.TryWriteBytes(exit.Data, 0x1234_5678);

        Assert.Equal(VcpuExitReason.Hlt, guest.Vcpu.Run().Reason);
        Assert.Equal(0x1234_5678, guest.Machine.Memory.Read<int>(new Gpa(0x2004)));
    }

    [KvmFact]
    public void A_kick_ends_a_run_that_would_never_end()
    {
        using var guest = new RealModeGuest(_spin);
        VcpuExitReason reason = default;
        var owner = new Thread(() => reason = guest.Vcpu.Run().Reason) { IsBackground = true };
        owner.Start();

        do
            guest.Vcpu.Kick();
        while (!owner.Join(TimeSpan.FromMilliseconds(1)));

        Assert.Equal(VcpuExitReason.Intr, reason);
    }

    [KvmFact]
    public void A_kick_while_the_guest_runs_needs_no_second_one()
    {
        // out 0x10, al; jmp $
        using var guest = new RealModeGuest(0xe6, 0x10, 0xeb, 0xfe);
        const int Rounds = 200;
        using var ready = new SemaphoreSlim(0);
        using var done = new SemaphoreSlim(0);
        var reasons = new List<VcpuExitReason>();
        var owner = new Thread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                RealModeGuest.Start(guest.Vcpu);
                reasons.Add(guest.Vcpu.Run().Reason);
                ready.Release();
                reasons.Add(guest.Vcpu.Run().Reason);
                done.Release();
            }
        })
        { IsBackground = true };
        owner.Start();

        for (int round = 0; round < Rounds; round++)
        {
            Assert.True(ready.Wait(_soon));
            // The more the rounds, the further the owner has come: before, at and after the entry.
            Thread.SpinWait(round * 50);
            guest.Vcpu.Kick();
            Assert.True(done.Wait(_soon), $"the kick of round {round} is lost");
        }

        Assert.True(owner.Join(_soon));
        for (int round = 0; round < Rounds; round++)
        {
            Assert.Equal(VcpuExitReason.Io, reasons[2 * round]);
            Assert.Equal(VcpuExitReason.Intr, reasons[2 * round + 1]);
        }
    }

    [KvmFact]
    public void A_kick_before_a_run_ends_it_and_is_used_up()
    {
        // hlt
        using var guest = new RealModeGuest(0xf4);

        guest.Vcpu.Kick();
        guest.Vcpu.Kick();

        Assert.Equal(VcpuExitReason.Intr, guest.Vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Hlt, guest.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void An_immediate_exit_completes_the_pending_access_first()
    {
        // in al, 0x11; hlt
        using var guest = new RealModeGuest(0xe4, 0x11, 0xf4);
        VcpuExit exit = guest.Vcpu.Run();
        exit.Data[0] = 0x77;

        guest.Vcpu.ImmediateExit = true;
        Assert.Equal(VcpuExitReason.Intr, guest.Vcpu.Run().Reason);
        Assert.Equal(VcpuExitReason.Intr, guest.Vcpu.Run().Reason);

        guest.Vcpu.GetRegs(out KvmRegs regs);
        Assert.Equal(0x77UL, regs.Rax & 0xff);
        guest.Vcpu.ImmediateExit = false;
        Assert.Equal(VcpuExitReason.Hlt, guest.Vcpu.Run().Reason);
    }

    [KvmFact]
    public void State_comes_back_as_it_was_set()
    {
        using var guest = new RealModeGuest(0xf4);
        HardwareVcpu vcpu = guest.Vcpu;

        var regs = new KvmRegs { Rax = 1, R15 = 0xffff_ffff_ffff_fff0, Rip = 0x7c00, Rflags = 0x46 };
        vcpu.SetRegs(regs);
        vcpu.GetRegs(out KvmRegs regsBack);
        Assert.Equal(regs, regsBack);

        vcpu.GetFpu(out KvmFpu fpu);
        fpu.Fcw = 0x27f;
        fpu.Xmm[17] = 0x99;
        vcpu.SetFpu(fpu);
        vcpu.GetFpu(out KvmFpu fpuBack);
        Assert.Equal(0x27f, fpuBack.Fcw);
        Assert.Equal(0x99, fpuBack.Xmm[17]);

        const int Xmm1 = 160 + 16;
        const int Components = 512;
        byte[] image = new byte[vcpu.XsaveSize];
        vcpu.GetXsave(image);
        image[Xmm1] = 0x55;
        image[Components] |= 2;
        vcpu.SetXsave(image);
        vcpu.GetFpu(out fpuBack);
        Assert.Equal(0x55, fpuBack.Xmm[16]);

        var debug = new KvmDebugRegs { Dr6 = 0xffff_0ff0, Dr7 = 0x400 };
        debug.Db[2] = 0x1234;
        vcpu.SetDebugRegs(debug);
        vcpu.GetDebugRegs(out KvmDebugRegs debugBack);
        Assert.Equal(0x1234UL, debugBack.Db[2]);

        vcpu.GetEvents(out KvmVcpuEvents events);
        events.Flags = KvmVcpuEventsFlags.ValidShadow;
        events.InterruptShadow = 1;
        vcpu.SetEvents(events);
        vcpu.GetEvents(out KvmVcpuEvents eventsBack);
        Assert.Equal(1, eventsBack.InterruptShadow);

        Assert.Equal(1UL, vcpu.Xcr0 & 1);
        vcpu.Xcr0 = 1;
        Assert.Equal(KvmMpState.Runnable, vcpu.MpState);
        Assert.True(vcpu.TscKhz > 0);
    }

    // What docs/QUIRKS.md says of KVM_SET_FPU: it sets registers, and not the record of which were used.
    [KvmFact]
    public void Registers_set_apart_from_the_image_are_not_recorded_as_used()
    {
        const int Components = 512;
        const byte Sse = 2;
        using var guest = new RealModeGuest(0xf4);
        byte[] image = new byte[guest.Vcpu.XsaveSize];
        // Nothing was used: all components are as after reset.
        guest.Vcpu.SetXsave(image);

        guest.Vcpu.GetFpu(out KvmFpu fpu);
        fpu.Xmm[0] = 0x99;
        guest.Vcpu.SetFpu(fpu);
        guest.Vcpu.GetXsave(image);

        Assert.Equal(0, image[Components] & Sse);

        image[Components] |= Sse;
        guest.Vcpu.SetXsave(image);
        Array.Clear(image);
        guest.Vcpu.GetXsave(image);
        Assert.Equal(Sse, image[Components] & Sse);
    }

    [KvmFact]
    public void Msrs_are_taken_up_to_the_first_that_is_refused()
    {
        using var guest = new RealModeGuest(0xf4);
        const uint SysenterEip = 0x176;
        const uint Nonsense = 0x4000_ffff;

        KvmMsrEntry[] msrs = [new(SysenterEip, 0x1234), new(Nonsense), new(SysenterEip, 0x5678)];
        Assert.Equal(1, guest.Vcpu.SetMsrs(msrs));

        KvmMsrEntry[] read = [new(SysenterEip)];
        Assert.Equal(1, guest.Vcpu.GetMsrs(read));
        Assert.Equal(0x1234UL, read[0].Data);
    }

    [KvmFact]
    public void Cpuid_tells_the_guest_what_was_set()
    {
        using var guest = new RealModeGuest(0xf4);
        KvmCpuidEntry[] supported = new HardwareBackend().GetSupportedCpuid();
        Assert.NotEmpty(supported);

        guest.Vcpu.SetCpuid(supported);

        KvmCpuidEntry[] back = guest.Vcpu.GetCpuid();
        Assert.Equal(supported.Length, back.Length);
        Assert.Equal(supported[0].Ebx, back[0].Ebx);
        Assert.NotEmpty(new HardwareBackend().GetMsrIndices());
    }

    [KvmFact]
    public void An_interrupt_window_opens_when_the_guest_can_take_one()
    {
        // sti; nop; nop; jmp $
        using var guest = new RealModeGuest(0xfb, 0x90, 0x90, 0xeb, 0xfe);
        // The vector's handler: out 0x20, al
        guest.Machine.Memory.Write(new Gpa(0x3000), (ushort)0x20e6);
        guest.Machine.Memory.Write(new Gpa(0x21 * 4), 0x0000_3000u);
        guest.Vcpu.GetRegs(out KvmRegs regs);
        regs.Rsp = 0x8000;
        guest.Vcpu.SetRegs(regs);

        guest.Vcpu.RequestInterruptWindow = true;
        Assert.Equal(VcpuExitReason.IrqWindowOpen, guest.Vcpu.Run().Reason);
        Assert.True(guest.Vcpu.ReadyForInterruptInjection);
        Assert.True(guest.Vcpu.InterruptFlag);
        guest.Vcpu.RequestInterruptWindow = false;
        guest.Vcpu.Interrupt(0x21);

        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(0x20, exit.Io.Port);
    }

    [KvmFact]
    public void A_machine_without_memory_cannot_go_on()
    {
        using var guest = new RealModeGuest(0xf4);
        guest.Machine.Slots.Delete(new SlotId(0));

        VcpuExit exit = guest.Vcpu.Run();

        Assert.Equal(VcpuExitReason.InternalError, exit.Reason);
        Assert.Equal(InternalErrorKind.Emulation, exit.InternalError.Kind);
    }

    [KvmFact]
    public void A_read_only_slot_is_read_in_the_guest_and_written_by_the_user()
    {
        // mov [bx], al; mov al, [bx]; mov [0x2010], al; hlt
        using var guest = new RealModeGuest(0x88, 0x07, 0x8a, 0x07, 0xa2, 0x10, 0x20, 0xf4);
        using AnonymousMemory rom = AnonymousMemory.Create(0x1000);
        guest.Machine.Slots.Delete(new SlotId(0));
        using AnonymousMemory ram = AnonymousMemory.Create(0x8000);
        guest.Machine.Slots.Add(new Gpa(0), ram);
        guest.Machine.Slots.Add(new Gpa(0x9000), rom, SlotFlags.ReadOnly);
        Assert.True(guest.Machine.Memory.TryWrite(
            new Gpa(RealModeGuest.Entry), [0x88, 0x07, 0x8a, 0x07, 0xa2, 0x10, 0x20, 0xf4], out _));
        guest.Vcpu.SetRegs(new KvmRegs { Rip = RealModeGuest.Entry, Rflags = 2, Rbx = 0x9008, Rax = 0x3c });

        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(0x9008), 1, IsWrite: true), exit.Mmio);
        Assert.Equal([0x3c], exit.Data.ToArray());
        Assert.Equal(VcpuExitReason.Hlt, guest.Vcpu.Run().Reason);
        Assert.Equal(0, guest.Machine.Memory.Read<byte>(new Gpa(0x2010)));
    }

    // The processor that a guest has to start is no more than asleep, and a kick is what ends that.
    [KvmFact]
    public void A_processor_that_waits_to_be_started_can_be_kicked()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        Assert.Equal(KvmErrno.None, machine.TryCreateIrqchip());
        machine.CreateVcpu(new VcpuId(0));
        HardwareVcpu second = machine.CreateVcpu(new VcpuId(1));
        VcpuExitReason reason = default;
        var owner = new Thread(() => reason = second.Run().Reason);
        owner.Start();
        Assert.False(owner.Join(50), $"the run ended by itself: {reason}");

        second.Kick();

        Assert.True(owner.Join(TimeSpan.FromSeconds(10)));
        Assert.Equal(VcpuExitReason.Intr, reason);
        Assert.Equal((uint)VcpuExitReason.Intr, second.Page.ExitReason);
    }

    // The run structure, the data of ports and the ring of coalesced writes have a page each.
    [KvmFact]
    public void A_vcpus_memory_has_room_for_what_lies_in_it()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using HardwareVcpu vcpu = machine.CreateVcpu(new VcpuId(0));

        Assert.Equal(0, vcpu.Page.Length % Page.Size);
        Assert.True(vcpu.Page.Length >= 2 * Page.Size, $"{vcpu.Page.Length:x}");
        Assert.True(vcpu.Page.Length > machine.CoalescedPage * Page.Size, $"{vcpu.Page.Length:x}");
    }
}
