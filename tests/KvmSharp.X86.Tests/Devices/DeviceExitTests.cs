using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Devices;

/// <summary>Ports and device memory leave the CPU as they leave KVM, and instructions are completed by the answers.</summary>
public sealed class DeviceExitTests
{
    const ulong Device = 0x5000_0000;

    [Fact]
    public void An_input_takes_what_the_owner_fills_in()
    {
        using Guest guest = Guest.Real();
        guest.Assemble(static assembler =>
        {
            assembler.@in(eax, dx);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdx = 0x3F8, Rax = ulong.MaxValue });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new IoExit(IoDirection.In, 4, 0x3F8, 1), exit.Io);
        Assert.Equal(Guest.Code, guest.Regs.Rip);
        BitConverter.TryWriteBytes(exit.Data, 0x1234_5678);
        Assert.Equal(0x1234_5678UL, guest.RunToHalt().Rax);
    }

    [Fact]
    public void A_repeated_output_comes_in_one_exit()
    {
        using Guest guest = Guest.Long();
        guest.Write(Guest.Data, "hello"u8);
        guest.Assemble(static assembler =>
        {
            assembler.rep.outsb();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdx = 0xE9, Rsi = Guest.Data, Rcx = 5 });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new IoExit(IoDirection.Out, 1, 0xE9, 5), exit.Io);
        Assert.Equal("hello"u8, exit.Data);
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal((0UL, Guest.Data + 5), (regs.Rcx, regs.Rsi));
    }

    [Fact]
    public void A_repeated_input_fills_memory()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            assembler.rep.insw();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdx = 0x1F0, Rdi = Guest.Data, Rcx = 3 });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new IoExit(IoDirection.In, 2, 0x1F0, 3), exit.Io);
        for (int index = 0; index < 6; index++)
            exit.Data[index] = (byte)(index + 1);
        Assert.Equal(Guest.Data + 6, guest.RunToHalt().Rdi);
        Assert.Equal(0x0605_0403_0201UL, guest.Read<ulong>(Guest.Data));
    }

    [Fact]
    public void An_update_of_device_memory_is_a_read_and_a_write()
    {
        using Guest guest = Guest.Protected();
        guest.Assemble(static assembler =>
        {
            assembler.add(__dword_ptr[ebx], 5);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Device });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Device), 4, false), exit.Mmio);
        BitConverter.TryWriteBytes(exit.Data, 7);
        exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Device), 4, true), exit.Mmio);
        Assert.Equal(12, BitConverter.ToInt32(exit.Data));
        Assert.Equal(Guest.Code, guest.Regs.Rip);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
    }

    // The part in memory is done once, although the instruction is executed three times.
    [Fact]
    public void An_update_that_lies_half_in_memory_finds_that_half_as_it_was()
    {
        using Guest guest = Guest.Protected();
        guest.Assemble(static assembler =>
        {
            assembler.add(__dword_ptr[ebx], 0x0001_0001);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Guest.MemoryBytes - 2 });
        guest.Write(Guest.MemoryBytes - 2, (ushort)0x1111);
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Guest.MemoryBytes), 2, false), exit.Mmio);
        BitConverter.TryWriteBytes(exit.Data, (ushort)0x2222);
        exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Guest.MemoryBytes), 2, true), exit.Mmio);
        Assert.Equal(0x2223, BitConverter.ToUInt16(exit.Data));
        guest.RunToHalt();
        Assert.Equal(0x1112, guest.Read<ushort>(Guest.MemoryBytes - 2));
    }

    [Fact]
    public void A_read_only_slot_is_read_as_memory_and_written_as_a_device()
    {
        using Guest guest = Guest.Protected();
        using var rom = AnonymousMemory.Create(Page.Size);
        rom.WriteUInt64(0, 42);
        guest.Machine.Slots.Add(new Gpa(Device), rom, SlotFlags.ReadOnly);
        guest.Assemble(static assembler =>
        {
            assembler.inc(__dword_ptr[ebx]);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Device });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal(new MmioExit(new Gpa(Device), 4, true), exit.Mmio);
        Assert.Equal(43, BitConverter.ToInt32(exit.Data));
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
    }

    [Fact]
    public void An_immediate_exit_completes_the_access_first()
    {
        using Guest guest = Guest.Real();
        guest.Assemble(static assembler =>
        {
            assembler.@in(al, 0x60);
            assembler.hlt();
        });
        VcpuExit exit = guest.Vcpu.Run();
        exit.Data[0] = 9;
        guest.Vcpu.ImmediateExit = true;
        Assert.Equal(VcpuExitReason.Intr, guest.Run());
        Assert.Equal((9UL, Guest.Code + 2), (guest.Regs.Rax, guest.Regs.Rip));
        guest.Vcpu.ImmediateExit = false;
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
    }

    [Fact]
    public void A_kick_before_the_run_ends_it_once()
    {
        using Guest guest = Guest.Real();
        guest.Assemble(static assembler => assembler.hlt());
        guest.Vcpu.Kick();
        guest.Vcpu.Kick();
        Assert.Equal(VcpuExitReason.Intr, guest.Run());
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
    }

    [Fact]
    public void A_guest_that_runs_out_of_memory_cannot_be_emulated()
    {
        using Guest guest = Guest.Protected();
        guest.SetRegs(static regs => regs with { Rip = Device });
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal((VcpuExitReason.InternalError, InternalErrorKind.Emulation), (exit.Reason, exit.InternalError.Kind));
    }

    [Fact]
    public void Exits_allocate_nothing()
    {
        const int Exits = 1000;
        using Guest guest = Guest.Real();
        guest.Assemble(static assembler =>
        {
            Iced.Intel.Label again = assembler.CreateLabel();
            assembler.Label(ref again);
            assembler.@out(0x80, al);
            assembler.jmp(again);
        });
        for (int exit = 0; exit < Exits; exit++)
            guest.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int exit = 0; exit < Exits; exit++)
            guest.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
