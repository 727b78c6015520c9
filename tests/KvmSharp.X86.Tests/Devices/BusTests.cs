using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Devices;

/// <summary>Writes that the machine takes itself, by instructions that make one and by those that make many.</summary>
public sealed class BusTests
{
    const ulong Device = 0x5000_0000;

    [Fact]
    public void A_write_that_raises_an_event_does_not_leave_the_guest()
    {
        using Guest guest = Guest.Protected();
        using IMachineEvent raised = guest.Machine.CreateEvent();
        guest.Machine.TryAddTrigger(new WriteTrigger(Device, 4, false, 5), raised);
        guest.Machine.TryAddTrigger(new WriteTrigger(0x40, 1, true), raised);
        guest.Assemble(static assembler =>
        {
            assembler.mov(__dword_ptr[ebx], 5);
            assembler.@out(0x40, al);
            assembler.mov(__dword_ptr[ebx], 6);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Device });

        VcpuExit exit = guest.Vcpu.Run();

        Assert.Equal(new MmioExit(new Gpa(Device), 4, true), exit.Mmio);
        Assert.Equal(6, BitConverter.ToInt32(exit.Data));
        Assert.Equal(2UL, raised.Take());
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(0UL, raised.Take());
    }

    // The instruction is executed again after each exit; what the machine took is not done again.
    [Fact]
    public void An_instruction_with_other_accesses_raises_an_event_once()
    {
        using Guest guest = Guest.Protected();
        using IMachineEvent raised = guest.Machine.CreateEvent();
        guest.Machine.TryAddTrigger(new WriteTrigger(Device + 0x1c, 4, false), raised);
        guest.Machine.TryAddTrigger(new WriteTrigger(Device + 0x10, 4, false), raised);
        guest.Assemble(static assembler =>
        {
            assembler.pushad();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rsp = Device + 0x20 });

        int exits = 0;
        while (guest.Vcpu.Run() is { Reason: VcpuExitReason.Mmio } exit)
        {
            Assert.True(exit.Mmio.Address.Value is not (Device + 0x1c or Device + 0x10));
            exits++;
        }

        Assert.Equal(6, exits);
        Assert.Equal(2UL, raised.Take());
        Assert.Equal(Device, guest.Regs.Rsp);
    }

    [Fact]
    public void A_call_can_push_into_a_zone()
    {
        using Guest guest = Guest.Protected();
        guest.Machine.TryAddCoalescedZone(new CoalescedZone(Device, 0x1000));
        guest.Assemble(static assembler =>
        {
            Iced.Intel.Label target = assembler.CreateLabel();
            assembler.call(target);
            assembler.nop();
            assembler.Label(ref target);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rsp = Device + 0x20 });

        Assert.Equal(VcpuExitReason.Hlt, guest.Run());

        Assert.True(guest.Machine.TryTakeCoalesced(out CoalescedWrite write));
        Assert.Equal(new CoalescedWrite(Device + 0x1c, 4, false, Guest.Code + 5), write);
        Assert.False(guest.Machine.TryTakeCoalesced(out _));
    }

    [Fact]
    public void A_repeated_store_fills_the_ring_and_then_exits()
    {
        const ulong Count = 200;
        using Guest guest = Guest.Protected();
        guest.Machine.TryAddCoalescedZone(new CoalescedZone(Device, 0x1000));
        guest.Assemble(static assembler =>
        {
            assembler.rep.stosb();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdi = Device, Rcx = Count, Rax = 0x5a });

        int exits = 0;
        while (guest.Run() == VcpuExitReason.Mmio)
            exits++;

        int collected = 0;
        for (; guest.Machine.TryTakeCoalesced(out CoalescedWrite write); collected++)
            Assert.Equal(new CoalescedWrite(Device + (ulong)collected, 1, false, 0x5a), write);
        Assert.Equal((CoalescedRing.Capacity - 1, (int)Count), (collected, collected + exits));
        Assert.Equal((0UL, Device + Count), (guest.Regs.Rcx, guest.Regs.Rdi));
    }

    [Fact]
    public void Items_of_a_repeated_output_are_taken_one_by_one()
    {
        using Guest guest = Guest.Long();
        using IMachineEvent raised = guest.Machine.CreateEvent();
        guest.Machine.TryAddTrigger(new WriteTrigger(0xE9, 1, true, 'l'), raised);
        guest.Write(Guest.Data, "hello"u8);
        guest.Assemble(static assembler =>
        {
            assembler.rep.outsb();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdx = 0xE9, Rsi = Guest.Data, Rcx = 5 });

        string left = "";
        while (guest.Vcpu.Run() is { Reason: VcpuExitReason.Io } exit)
        {
            Assert.Equal(new IoExit(IoDirection.Out, 1, 0xE9, 1), exit.Io);
            left += (char)exit.Data[0];
        }

        Assert.Equal("heo", left);
        Assert.Equal(2UL, raised.Take());
    }

    // Sixteen bytes are two pieces: after one that nobody takes, the next is not offered.
    [Fact]
    public void A_wide_store_is_offered_piece_by_piece()
    {
        using Guest guest = Guest.Protected();
        const ulong Sse = 0x600;
        guest.Sregs = guest.Sregs with { Cr4 = Sse };
        using IMachineEvent first = guest.Machine.CreateEvent();
        using IMachineEvent second = guest.Machine.CreateEvent();
        guest.Machine.TryAddTrigger(new WriteTrigger(Device, 8, false), first);
        guest.Machine.TryAddTrigger(new WriteTrigger(Device + 0x48, 8, false), second);
        guest.Assemble(static assembler =>
        {
            assembler.movups(__xmmword_ptr[ebx], xmm0);
            assembler.movups(__xmmword_ptr[ebx + 0x40], xmm0);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Device });

        Assert.Equal(new MmioExit(new Gpa(Device + 8), 8, true), guest.Vcpu.Run().Mmio);
        Assert.Equal(new MmioExit(new Gpa(Device + 0x40), 8, true), guest.Vcpu.Run().Mmio);
        Assert.Equal(new MmioExit(new Gpa(Device + 0x48), 8, true), guest.Vcpu.Run().Mmio);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());

        Assert.Equal((1UL, 0UL), (first.Take(), second.Take()));
    }

    [Fact]
    public void Taken_writes_allocate_nothing()
    {
        using Guest guest = Guest.Protected();
        using IMachineEvent raised = guest.Machine.CreateEvent();
        guest.Machine.TryAddTrigger(new WriteTrigger(Device, 4, false), raised);
        guest.Assemble(static assembler =>
        {
            Iced.Intel.Label again = assembler.CreateLabel();
            assembler.Label(ref again);
            assembler.mov(__dword_ptr[ebx], eax);
            assembler.dec(ecx);
            assembler.jnz(again);
            assembler.@out(0x80, al);
            assembler.mov(ecx, 1000);
            assembler.jmp(again);
        });
        guest.SetRegs(static regs => regs with { Rbx = Device, Rcx = 1000 });
        guest.Run();
        guest.Run();
        raised.Take();

        long before = GC.GetAllocatedBytesForCurrentThread();
        guest.Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1000UL, raised.Take());
    }
}
