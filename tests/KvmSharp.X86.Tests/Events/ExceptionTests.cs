using System;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>Exceptions on their way to the handler, in 64-bit and 32-bit mode, and exceptions within exceptions.</summary>
public sealed class ExceptionTests
{
    const int DivideError = 0;
    const int InvalidOpcode = 6;
    const int DoubleFault = 8;
    const int SegmentNotPresent = 11;
    const int GeneralProtection = 13;
    const ulong Resume = 0x1_0000;

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void A_fault_returns_to_the_instruction_and_a_trap_behind_it(int bits)
    {
        AssertVector(bits, static assembler => assembler.div(ecx), DivideError, 0, Guest.Code);
        AssertVector(bits, static assembler => assembler.ud2(), InvalidOpcode, 0, Guest.Code);
        AssertVector(bits, static assembler => assembler.int3(), 3, 0, Guest.Code + 1);
        AssertVector(bits, static assembler => assembler.@int(0x15), 0x15, 0, Guest.Code + 2);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void A_program_that_is_not_privileged_gets_a_general_protection_fault(int bits)
    {
        foreach (Action<Assembler> privileged in new Action<Assembler>[]
        {
            static assembler => assembler.hlt(),
            static assembler => assembler.cli(),
            static assembler => assembler.clts(),
            static assembler => assembler.wrmsr(),
            static assembler => assembler.rdmsr(),
            static assembler => assembler.invd(),
            static assembler => assembler.@in(al, dx),
            static assembler => assembler.lgdt(__fword_ptr[Guest.Data]),
            static assembler => assembler.ltr(ax),
        })
        {
            using Guest guest = Create(bits);
            guest.HaltOnExceptions();
            guest.EnterUser();
            guest.Assemble(privileged);
            ExceptionFrame frame = guest.RunToException();
            Assert.Equal((GeneralProtection, 0UL, Guest.Code, Guest.UserCode), (frame.Vector, frame.Error, frame.Rip, frame.Code));
        }
    }

    [Fact]
    public void From_user_code_the_stack_is_the_tasks()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.EnterUser();
        guest.Assemble(static assembler => assembler.ud2());
        guest.RunToException();
        // SS, RSP, RFLAGS, CS, RIP.
        Assert.Equal(Guest.KernelStack - 40, guest.Regs.Rsp);
        Assert.Equal(Guest.UserData, guest.Read<ulong>(Guest.KernelStack - 8));
        Assert.Equal(Guest.Stack, guest.Read<ulong>(Guest.KernelStack - 16));
        Assert.Equal(0, guest.Sregs.Ss.Selector);
        Assert.Equal(0, guest.Sregs.Cs.Dpl);
    }

    [Fact]
    public void The_interrupt_stack_table_chooses_the_stack_and_it_is_aligned()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions(stackTable: 3);
        guest.Write(Guest.Task + 0x24 + 16, 0x5_0008UL);
        guest.Assemble(static assembler => assembler.ud2());
        guest.RunToException();
        Assert.Equal(0x5_0000UL - 40, guest.Regs.Rsp);
        Assert.Equal(Guest.Stack, guest.Read<ulong>(0x5_0000 - 16));
    }

    [Fact]
    public void IRET_goes_back_to_user_code()
    {
        using Guest guest = Guest.Long();
        guest.EnterUser();
        guest.SetGate(0x80, Guest.Handlers, dpl: 3);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rax);
            assembler.iretq();
        }, Guest.Handlers);
        guest.HaltOnGeneralProtection();
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, 1);
            assembler.@int(0x80);
            assembler.inc(rax);
            assembler.hlt();
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(3UL, regs.Rax);
        Assert.Equal(Guest.UserCode, guest.Read<ulong>(regs.Rsp + 16));
    }

    [Fact]
    public void SYSCALL_and_SYSRET_change_privilege_and_flags()
    {
        using Guest guest = Guest.Long();
        guest.EnterUser();
        guest.HaltOnGeneralProtection();
        guest.Vcpu.SetMsrs([
            new KvmMsrEntry(0xC000_0081, ((ulong)(Guest.KernelCode | ((Guest.KernelData | 3UL) << 16))) << 32),
            new KvmMsrEntry(0xC000_0082, Guest.Handlers + 0x800),
            new KvmMsrEntry(0xC000_0084, 0x400),
        ]);
        guest.Assemble(static assembler =>
        {
            assembler.pushfq();
            assembler.pop(rbx);
            assembler.sysretq();
        }, Guest.Handlers + 0x800);
        ulong end = guest.Assemble(static assembler =>
        {
            assembler.std();
            assembler.syscall();
            assembler.pushfq();
            assembler.pop(rdx);
            assembler.hlt();
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(0UL, regs.Rbx & 0x400);
        Assert.Equal(0x400UL, regs.Rdx & 0x400);
        Assert.Equal(Guest.Code + 3, regs.Rcx);
        Assert.Equal(end - 1, guest.Read<ulong>(regs.Rsp + 8));
        Assert.Equal(Guest.UserCode, guest.Read<ulong>(regs.Rsp + 16));
    }

    [Fact]
    public void A_fault_whose_gate_is_not_present_becomes_another_fault()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Write(Guest.Idt + (InvalidOpcode * 16) + 5, (byte)0x0E);
        guest.Assemble(static assembler => assembler.ud2());
        ExceptionFrame frame = guest.RunToException();
        // #UD is benign: its error comes alone. The code names the gate, and that nobody asked for it.
        Assert.Equal((SegmentNotPresent, (ulong)((InvalidOpcode << 3) | 3)), (frame.Vector, frame.Error));
    }

    [Fact]
    public void Two_contributory_faults_are_a_double_fault()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Write(Guest.Idt + (DivideError * 16) + 5, (byte)0x0E);
        guest.Assemble(static assembler => assembler.div(ecx));
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((DoubleFault, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    [Fact]
    public void Without_a_double_fault_handler_the_guest_shuts_down()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler => assembler.ud2());
        Assert.Equal(VcpuExitReason.Shutdown, guest.Run());
    }

    [Fact]
    public void A_fault_that_cannot_be_delivered_leaves_the_registers()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        // The user's kernel stack is not mapped: #UD, then #PF on it, and #DF has a stack of its own.
        guest.EnterUser();
        guest.Write(Guest.Task + 4, 0x7000_0000UL);
        guest.Write(Guest.Task + 0x24, 0x5_0000UL);
        guest.SetGate(DoubleFault, Guest.Handlers + (DoubleFault * 16), stackTable: 1);
        guest.Assemble(static assembler => assembler.ud2());
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((DoubleFault, Guest.Code, Guest.UserCode), (frame.Vector, frame.Rip, frame.Code));
        Assert.Equal(Guest.Stack, guest.Read<ulong>(0x5_0000 - 16));
    }

    [Fact]
    public void Real_mode_goes_through_the_vector_table()
    {
        using Guest guest = Guest.Real();
        guest.Write(0x21 * 4, (ushort)0x100);
        guest.Write((0x21 * 4) + 2, (ushort)0x4000);
        guest.Assemble(static assembler =>
        {
            assembler.mov(ax, 0x1234);
            assembler.iret();
        }, 0x4_0100);
        guest.Assemble(static assembler =>
        {
            assembler.@int(0x21);
            assembler.hlt();
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(0x1234UL, regs.Rax & 0xFFFF);
        Assert.Equal(Guest.Stack, regs.Rsp);
        Assert.Equal(0, guest.Sregs.Cs.Selector);
    }

    [Fact]
    public void A_repeated_move_stops_at_the_element_that_faults()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Tables.Map(0x30_1000, 0, 0);
        guest.Assemble(static assembler => assembler.rep.movsb());
        guest.SetRegs(static regs => regs with { Rsi = Guest.Data, Rdi = 0x30_0FF0, Rcx = 0x20 });
        Assert.Equal(Guest.Code, guest.RunToException().Rip);
        KvmRegs regs = guest.Regs;
        Assert.Equal((Guest.Data + 0x10, 0x30_1000UL, 0x10UL), (regs.Rsi, regs.Rdi, regs.Rcx));
    }

    static void AssertVector(int bits, Action<Assembler> instruction, int vector, ulong error, ulong rip)
    {
        using Guest guest = Create(bits);
        guest.HaltOnExceptions();
        guest.Assemble(instruction);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, error, rip, Guest.KernelCode), (frame.Vector, frame.Error, frame.Rip, frame.Code));
        bool isFault = rip == Guest.Code;
        Assert.Equal(isFault ? Resume : 0, frame.Flags & Resume);
    }

    static Guest Create(int bits) => bits == 64 ? Guest.Long() : Guest.Protected();
}
