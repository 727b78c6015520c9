using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>What is held back for one instruction after STI and loads of SS, and NMIs until IRET.</summary>
public sealed class ShadowTests
{
    const byte Vector = 0x40;
    const int Debug = 1;
    const int GeneralProtection = 13;
    const ulong InterruptFlag = 0x200;
    const ulong TrapFlag = 0x100;
    const ulong Dr6Fixed = 0xFFFF_0FF0;
    const ulong StepBit = 0x4000;

    // What casts a shadow, from a stack that holds a selector; RCX counts the instructions after it until the interrupt.
    [Theory]
    [InlineData("sti", 1)]
    [InlineData("mov ss", 1)]
    // It loads the stack pointer along, and needs none.
    [InlineData("lss", 0)]
    [InlineData("cli sti", 1)]
    [InlineData("sti sti", 0)]
    [InlineData("mov es", 0)]
    public void An_interrupt_waits_for_one_instruction(string what, int instructions)
    {
        using Guest guest = WithHandler();
        guest.Write(Guest.Data + 4, Guest.KernelData);
        guest.Write(Guest.Data, (uint)Guest.Stack);
        bool startsEnabled = what is "mov ss" or "lss" or "mov es";
        guest.Assemble(assembler =>
        {
            Cast(assembler, what);
            for (int i = 0; i < 4; i++)
                assembler.inc(rcx);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rdx = Guest.KernelData, Rbx = Guest.Data, Rflags = 2 | (startsEnabled ? InterruptFlag : 0) });
        Arrive(guest, startsEnabled);
        guest.RunToHalt();
        Assert.Equal((ulong)instructions, guest.Regs.Rax);
    }

    // In 32-bit code, where SS can be popped.
    [Fact]
    public void A_pop_of_SS_holds_an_interrupt_back()
    {
        using Guest guest = Guest.Protected();
        guest.SetGate(Vector, Guest.Handlers);
        guest.Assemble(Note32, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.push(ss);
            assembler.pop(ss);
            assembler.inc(ecx);
            assembler.inc(ecx);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rflags = 2 | InterruptFlag });
        // PUSH first, so that the interrupt comes while POP runs.
        Step(guest);
        Step(guest);
        guest.Vcpu.GetEvents(out KvmVcpuEvents events);
        Assert.Equal(1, events.InterruptShadow);
        guest.Vcpu.SetGuestDebug(default);
        Assert.False(guest.Vcpu.ReadyForInterruptInjection);
        guest.InterruptInWindow(Vector);
        guest.RunToHalt();
        Assert.Equal(1UL, guest.Regs.Rax);
    }

    // STI; HLT: the interrupt comes after the HLT, not before it.
    [Fact]
    public void An_idle_loop_is_not_woken_before_it_halts()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            assembler.sti();
            assembler.hlt();
            assembler.inc(rcx);
            assembler.hlt();
        });
        guest.Vcpu.RequestInterruptWindow = true;
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(Guest.Code + 2, guest.Regs.Rip);
        guest.SetRegs(static regs => regs with { Rax = 99 });
        guest.InterruptInWindow(Vector);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal((0UL, 1UL), (guest.Regs.Rax, guest.Regs.Rcx));
    }

    [Fact]
    public void A_step_over_a_load_of_SS_is_lost_and_the_next_is_not()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        ulong next = guest.Assemble(static assembler =>
        {
            assembler.mov(ss, edx);
            assembler.inc(rcx);
        });
        guest.SetRegs(static regs => regs with { Rdx = Guest.KernelData, Rflags = 2 | TrapFlag });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((Debug, next, 1UL), (frame.Vector, frame.Rip, guest.Regs.Rcx));
    }

    [Fact]
    public void A_watchpoint_that_a_load_of_SS_meets_comes_an_instruction_later()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Write(Guest.Data, Guest.KernelData);
        ulong next = guest.Assemble(static assembler =>
        {
            assembler.mov(ss, __word_ptr[rbx]);
            assembler.inc(rcx);
        });
        var debug = new KvmDebugRegs { Dr6 = Dr6Fixed, Dr7 = 0x402 | (3UL << 16) };
        debug.Db[0] = Guest.Data;
        guest.Vcpu.SetDebugRegs(in debug);
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data });
        ExceptionFrame frame = guest.RunToException();
        guest.Vcpu.GetDebugRegs(out debug);
        Assert.Equal((Debug, next, 1UL), (frame.Vector, frame.Rip, guest.Regs.Rcx));
        Assert.Equal(Dr6Fixed | 1, debug.Dr6);
    }

    // An NMI that comes while one is handled waits for IRET, whether the IRET succeeds or not.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_NMI_is_masked_until_IRET_even_one_that_faults(bool faults)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.SetGate(2, Guest.Handlers + 0x800);
        guest.Assemble(assembler =>
        {
            assembler.inc(rax);
            assembler.@in(al, 0x10);
            // The return address is then none.
            if (faults)
                assembler.bts(__qword_ptr[rsp], 63);
            assembler.iretq();
        }, Guest.Handlers + 0x800);
        guest.Assemble(static assembler => assembler.hlt());
        guest.Vcpu.Nmi();
        Assert.Equal(VcpuExitReason.Io, guest.Run());
        guest.Vcpu.GetEvents(out KvmVcpuEvents events);
        Assert.Equal(1, events.NmiMasked);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        guest.Vcpu.GetEvents(out events);
        Assert.Equal(0, events.NmiMasked);
        Assert.Equal(faults, guest.Regs.Rip == Guest.Handlers + (GeneralProtection * 16) + 1);
    }

    static void Cast(Assembler assembler, string what)
    {
        switch (what)
        {
            case "sti":
                assembler.sti();
                break;
            case "cli sti":
                assembler.cli();
                assembler.sti();
                break;
            case "sti sti":
                assembler.sti();
                assembler.sti();
                break;
            case "mov ss":
                assembler.mov(ss, edx);
                break;
            case "mov es":
                assembler.mov(es, edx);
                break;
            default:
                assembler.lss(esp, __fword_ptr[rbx]);
                break;
        }
    }

    // With interrupts on, the instruction that casts is stepped first: an interrupt would come before it.
    static void Arrive(Guest guest, bool startsEnabled)
    {
        if (startsEnabled)
        {
            Step(guest);
            guest.Vcpu.SetGuestDebug(default);
        }
        guest.InterruptInWindow(Vector);
    }

    static void Step(Guest guest)
    {
        guest.Vcpu.SetGuestDebug(new KvmGuestDebug { Control = KvmGuestDebugControl.Enable | KvmGuestDebugControl.SingleStep });
        Assert.Equal(VcpuExitReason.Debug, guest.Run());
    }

    // The handler notes how far the program was, on whatever stack.
    static Guest WithHandler()
    {
        Guest guest = Guest.Long();
        guest.SetGate(Vector, Guest.Handlers, stackTable: 1);
        guest.Write(Guest.Task + 0x24, 0x5_0000UL);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, rcx);
            assembler.iretq();
        }, Guest.Handlers);
        return guest;
    }

    static void Note32(Assembler assembler)
    {
        assembler.mov(eax, ecx);
        assembler.iretd();
    }
}
