using System;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>The guest's own breakpoints and watchpoints: which accesses they see, when they come, and what DR6 says.</summary>
public sealed class DebugRegisterTests
{
    const int Debug = 1;
    const int GeneralProtection = 13;
    const int Execute = 0;
    const int Write = 1;
    const int ReadWrite = 3;
    const ulong StepBit = 1UL << 14;
    const ulong AccessBit = 1UL << 13;
    const ulong TrapFlag = 1UL << 8;
    const ulong Resume = 1UL << 16;
    const ulong Detect = 1UL << 13;
    const ulong Dr7Fixed = 0x400;
    const ulong Dr6Fixed = 0xFFFF_0FF0;

    // register, kind, bytes watched, address watched from Data, access (size, offset, write?) → hit?
    [Theory]
    [InlineData(0, Write, 1, 0, 1, 0, true, true)]
    [InlineData(1, Write, 2, 0, 1, 1, true, true)]
    [InlineData(2, Write, 4, 0, 1, 3, true, true)]
    [InlineData(3, Write, 8, 0, 1, 7, true, true)]
    [InlineData(0, Write, 1, 0, 1, 1, true, false)]
    [InlineData(1, Write, 2, 0, 1, 2, true, false)]
    [InlineData(2, Write, 4, 0, 1, 4, true, false)]
    [InlineData(3, Write, 8, 0, 1, 8, true, false)]
    [InlineData(0, Write, 4, 8, 8, 4, true, true)]
    [InlineData(1, Write, 4, 8, 4, 4, true, false)]
    [InlineData(2, Write, 4, 8, 8, 0, false, false)]
    [InlineData(3, ReadWrite, 4, 8, 8, 8, false, true)]
    [InlineData(0, ReadWrite, 4, 8, 8, 1, true, true)]
    [InlineData(1, ReadWrite, 1, 15, 8, 8, false, true)]
    [InlineData(2, ReadWrite, 1, 16, 8, 8, false, false)]
    // The low bits of the address do not count.
    [InlineData(3, Write, 4, 11, 1, 8, true, true)]
    [InlineData(0, Write, 8, 15, 1, 9, true, true)]
    public void A_watchpoint(int index, int kind, int bytes, int watched, int size, int offset, bool writes, bool hits)
    {
        using Guest guest = Create(assembler =>
        {
            switch (size, writes)
            {
                case (1, true):
                    assembler.mov(__[rbx], al);
                    break;
                case (4, true):
                    assembler.mov(__[rbx], eax);
                    break;
                case (8, true):
                    assembler.mov(__[rbx], rax);
                    break;
                default:
                    assembler.mov(rax, __[rbx]);
                    break;
            }
            assembler.hlt();
        });
        Watch(guest, index, Guest.Data + (ulong)watched, kind, bytes);
        guest.SetRegs(regs => regs with { Rbx = Guest.Data + (ulong)offset });

        KvmRegs regs = guest.RunToHalt();

        Assert.Equal(hits, regs.Rip == Guest.Handlers + (Debug * 16) + 1);
        Assert.Equal(hits ? Dr6Fixed | (1UL << index) : Dr6Fixed, Dr6(guest));
    }

    // Two hit at once, a third that is off does not, the fourth watches something else.
    [Fact]
    public void Several_hit_together()
    {
        using Guest guest = Create(static assembler => assembler.mov(__[rbx], rax));
        var debug = new KvmDebugRegs { Dr6 = Dr6Fixed, Dr7 = Dr7Fixed | Enabled(0, Write, 4) | Enabled(2, ReadWrite, 1) | Enabled(3, Write, 1) };
        debug.Db[0] = Guest.Data;
        debug.Db[1] = Guest.Data;
        debug.Db[2] = Guest.Data + 7;
        debug.Db[3] = Guest.Data + 8;
        guest.Vcpu.SetDebugRegs(in debug);
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data });
        Assert.Equal(Debug, guest.RunToException().Vector);
        Assert.Equal(Dr6Fixed | 0b0101, Dr6(guest));
    }

    // A breakpoint is a fault: before the instruction, and with RF on the stack so that it does not come again.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_breakpoint_comes_before_its_instruction(int index)
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.inc(rax);
            assembler.inc(rax);
            assembler.hlt();
        });
        Watch(guest, index, Guest.Code + 3, Execute, 1);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((Debug, Guest.Code + 3, Resume), (frame.Vector, frame.Rip, frame.Flags & Resume));
        Assert.Equal((1UL, Dr6Fixed | (1UL << index)), (guest.Regs.Rax, Dr6(guest)));
    }

    [Fact]
    public void With_RF_the_instruction_runs_once_and_the_breakpoint_comes_the_next_time()
    {
        using Guest guest = Create(static assembler =>
        {
            Label again = assembler.CreateLabel();
            assembler.Label(ref again);
            assembler.inc(rax);
            assembler.jmp(again);
        });
        Watch(guest, 0, Guest.Code, Execute, 1);
        guest.SetRegs(static regs => regs with { Rflags = 2 | Resume });
        Assert.Equal(Guest.Code, guest.RunToException().Rip);
        Assert.Equal(1UL, guest.Regs.Rax);
    }

    // The handler returns to the breakpoint's instruction with the flags it was given.
    [Fact]
    public void A_handler_that_returns_gets_past_the_breakpoint()
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.inc(rax);
            assembler.hlt();
        });
        guest.Assemble(static assembler =>
        {
            assembler.inc(rcx);
            assembler.iretq();
        }, Guest.Handlers + (Debug * 16));
        Watch(guest, 1, Guest.Code, Execute, 1);
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal((1UL, 1UL), (regs.Rax, regs.Rcx));
    }

    // The step of the first instruction and the breakpoint of the second are two exceptions: a trap, then a fault.
    [Fact]
    public void A_step_onto_a_breakpoint_is_both()
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.mov(__[rbx], rax);
            assembler.inc(rax);
            assembler.hlt();
        });
        ulong next = Guest.Code + 3;
        guest.Assemble(static assembler =>
        {
            assembler.mov(rdx, dr6);
            assembler.push(rdx);
            assembler.mov(edx, (uint)Dr6Fixed);
            assembler.mov(dr6, rdx);
            assembler.pop(rdx);
            assembler.shl(rcx, 16);
            assembler.mov(cx, dx);
            // The step is taken off, the breakpoint stays.
            assembler.and(__qword_ptr[rsp + 16], -0x101);
            assembler.iretq();
        }, Guest.Handlers + 0x400);
        guest.SetGate(Debug, Guest.Handlers + 0x400);
        var debug = new KvmDebugRegs { Dr6 = Dr6Fixed, Dr7 = Dr7Fixed | Enabled(0, Execute, 1) | Enabled(1, Write, 8) };
        debug.Db[0] = next;
        debug.Db[1] = Guest.Data;
        guest.Vcpu.SetDebugRegs(in debug);
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data, Rflags = 2 | TrapFlag });
        KvmRegs regs = guest.RunToHalt();
        // First the trap with the step and the watchpoint, then the fault with the breakpoint.
        Assert.Equal(0x4FF2UL << 16 | 0x0FF1, regs.Rcx & 0xFFFF_FFFF);
        Assert.Equal(1UL, regs.Rax);
    }

    // After each item, as after any instruction.
    [Fact]
    public void A_repeated_instruction_is_stepped_item_by_item()
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.rep.stosb();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdi = Guest.Data, Rcx = 5, Rflags = 2 | TrapFlag });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((Debug, Guest.Code), (frame.Vector, frame.Rip));
        Assert.Equal((4UL, Guest.Data + 1), (guest.Regs.Rcx, guest.Regs.Rdi));
    }

    [Fact]
    public void A_watchpoint_stops_a_repeated_instruction_at_its_item()
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.rep.stosd();
            assembler.hlt();
        });
        Watch(guest, 2, Guest.Data + 13, Write, 1);
        guest.SetRegs(static regs => regs with { Rdi = Guest.Data, Rcx = 100 });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((Debug, Guest.Code), (frame.Vector, frame.Rip));
        Assert.Equal((96UL, Guest.Data + 16), (guest.Regs.Rcx, guest.Regs.Rdi));
    }

    // General detect: any access to a debug register faults before it, and the handler is free to touch them.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_guarded_debug_register_is_not_touched(bool write)
    {
        using Guest guest = Create(assembler =>
        {
            if (write)
                assembler.mov(dr3, rax);
            else
                assembler.mov(rax, dr3);
        });
        var debug = new KvmDebugRegs { Dr6 = Dr6Fixed, Dr7 = Dr7Fixed | Detect };
        debug.Db[3] = 7;
        guest.Vcpu.SetDebugRegs(in debug);
        guest.SetRegs(static regs => regs with { Rax = 1 });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((Debug, Guest.Code), (frame.Vector, frame.Rip));
        guest.Vcpu.GetDebugRegs(out debug);
        Assert.Equal((Dr6Fixed | AccessBit, Dr7Fixed, 7UL, 1UL), (debug.Dr6, debug.Dr7, debug.Db[3], guest.Regs.Rax));
    }

    // DR4 and DR5 are DR6 and DR7 until debugging extensions make them #UD.
    [Theory]
    [InlineData(0UL, 0)]
    [InlineData(8UL, 6)]
    public void The_old_names_of_DR6_and_DR7(ulong cr4, int vector)
    {
        using Guest guest = Create(static assembler =>
        {
            assembler.mov(rax, dr5);
            assembler.hlt();
        });
        guest.Sregs = guest.Sregs with { Cr4 = guest.Sregs.Cr4 | cr4 };
        if (vector == 0)
            Assert.Equal(Dr7Fixed, guest.RunToHalt().Rax);
        else
            Assert.Equal(vector, guest.RunToException().Vector);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Bits_above_31_are_refused(int register)
    {
        using Guest guest = Create(assembler => assembler.mov(register == 6 ? dr6 : dr7, rax));
        guest.SetRegs(static regs => regs with { Rax = 1UL << 32 });
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    static Guest Create(Action<Assembler> code)
    {
        Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(code);
        return guest;
    }

    static void Watch(Guest guest, int index, ulong address, int kind, int bytes)
    {
        var debug = new KvmDebugRegs { Dr6 = Dr6Fixed, Dr7 = Dr7Fixed | Enabled(index, kind, bytes) };
        debug.Db[index] = address;
        guest.Vcpu.SetDebugRegs(in debug);
    }

    // DR7's bits for a breakpoint: enabled globally, kind, length.
    static ulong Enabled(int index, int kind, int bytes)
    {
        ulong length = bytes switch
        {
            1 => 0,
            2 => 1,
            8 => 2,
            _ => 3UL,
        };
        return (2UL << (2 * index)) | ((ulong)kind << (16 + (4 * index))) | (length << (18 + (4 * index)));
    }

    static ulong Dr6(Guest guest)
    {
        guest.Vcpu.GetDebugRegs(out KvmDebugRegs debug);
        return debug.Dr6;
    }
}
