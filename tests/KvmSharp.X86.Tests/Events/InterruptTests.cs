using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>When interrupts come, and when not.</summary>
public sealed class InterruptTests
{
    const byte Vector = 0x40;
    const ulong InterruptFlag = 0x200;
    const ulong TrapFlag = 0x100;

    [Fact]
    public void The_window_waits_for_the_flag()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            assembler.inc(rcx);
            assembler.hlt();
            assembler.sti();
            assembler.inc(rcx);
            assembler.inc(rcx);
            assembler.hlt();
        });
        guest.Vcpu.RequestInterruptWindow = true;
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.False(guest.Vcpu.ReadyForInterruptInjection);
        // STI holds it back for one instruction.
        guest.InterruptInWindow(Vector);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal((2UL, 3UL), (guest.Regs.Rax, guest.Regs.Rcx));
    }

    [Fact]
    public void An_interrupt_that_is_handed_over_comes_whatever_the_flag_says_and_in_place_of_one_before_it()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler => assembler.hlt());
        guest.SetRegs(static regs => regs with { Rcx = 7 });
        guest.Vcpu.Interrupt(Vector + 1);
        guest.Vcpu.Interrupt(Vector);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(7UL, guest.Regs.Rax);
    }

    [Fact]
    public void A_load_of_SS_holds_interrupts_back_for_one_instruction()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            assembler.mov(edx, Guest.KernelData);
            assembler.@in(al, 0x10);
            assembler.mov(ss, dx);
            assembler.inc(rcx);
            assembler.inc(rcx);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rflags = 2 | InterruptFlag });
        Assert.Equal(VcpuExitReason.Io, guest.Run());
        guest.Vcpu.ImmediateExit = true;
        guest.Run();
        guest.Vcpu.ImmediateExit = false;
        // The next instruction is the load: the interrupt would come before it.
        guest.Vcpu.SetGuestDebug(new KvmGuestDebug { Control = KvmGuestDebugControl.Enable | KvmGuestDebugControl.SingleStep });
        Assert.Equal(VcpuExitReason.Debug, guest.Run());
        guest.Vcpu.SetGuestDebug(default);
        guest.InterruptInWindow(Vector);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(1UL, guest.Regs.Rax);
    }

    [Fact]
    public void The_window_is_reported_when_it_opens()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            assembler.sti();
            assembler.nop();
            assembler.inc(rcx);
            assembler.hlt();
        });
        guest.Vcpu.RequestInterruptWindow = true;
        Assert.Equal(VcpuExitReason.IrqWindowOpen, guest.Run());
        Assert.True(guest.Vcpu.ReadyForInterruptInjection);
        Assert.Equal((Guest.Code + 2, 0UL), (guest.Regs.Rip, guest.Regs.Rcx));
        guest.Vcpu.RequestInterruptWindow = false;
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
    }

    [Fact]
    public void An_NMI_comes_at_once_and_the_next_one_after_IRET()
    {
        using Guest guest = Guest.Long();
        guest.SetGate(2, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rax);
            assembler.hlt();
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler => assembler.hlt());
        guest.Vcpu.Nmi();
        guest.Vcpu.Nmi();
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(1UL, guest.Regs.Rax);
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(2UL, guest.Regs.Rax);
        guest.Vcpu.GetEvents(out KvmVcpuEvents events);
        Assert.Equal((0, 1), (events.NmiPending, events.NmiMasked));
    }

    [Fact]
    public void The_trap_flag_traps_after_each_instruction()
    {
        using Guest guest = Guest.Long();
        guest.SetGate(1, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rax);
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rcx);
            assembler.inc(rcx);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rflags = 2 | TrapFlag });
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal((2UL, 2UL), (guest.Regs.Rax, guest.Regs.Rcx));
        guest.Vcpu.GetDebugRegs(out KvmDebugRegs debug);
        Assert.Equal(0x4000UL, debug.Dr6 & 0x4000);
    }

    [Theory]
    [InlineData(0UL, Guest.Code + 3)]
    [InlineData(1UL, Guest.Code + 6)]
    public void A_breakpoint_of_DR7_hits(ulong kind, ulong rip)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, rbx);
            assembler.mov(__[rbx], rax);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data });
        var debug = new KvmDebugRegs { Dr6 = 0xFFFF0FF0, Dr7 = 0x402 | (kind << 16) };
        debug.Db[0] = kind == 0 ? Guest.Code + 3 : Guest.Data;
        guest.Vcpu.SetDebugRegs(in debug);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((1, rip), (frame.Vector, frame.Rip));
        Assert.Equal(kind == 0 ? 0 : Guest.Data, guest.Read<ulong>(Guest.Data));
    }

    [Fact]
    public void A_debugger_is_told_of_INT3_and_of_its_own_breakpoints()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            assembler.nop();
            assembler.int3();
            assembler.hlt();
        });
        var debug = new KvmGuestDebug
        {
            Control = KvmGuestDebugControl.Enable | KvmGuestDebugControl.UseSoftwareBreakpoints
                | KvmGuestDebugControl.UseHardwareBreakpoints,
        };
        debug.DebugReg[0] = Guest.Code;
        debug.DebugReg[7] = 0x402;
        guest.Vcpu.SetGuestDebug(in debug);
        VcpuExit exit = guest.Vcpu.Run();
        Assert.Equal((VcpuExitReason.Debug, 1U, Guest.Code), (exit.Reason, exit.Debug.Exception, exit.Debug.Pc));
        debug.Control &= ~KvmGuestDebugControl.UseHardwareBreakpoints;
        guest.Vcpu.SetGuestDebug(in debug);
        exit = guest.Vcpu.Run();
        Assert.Equal((VcpuExitReason.Debug, 3U, Guest.Code + 1), (exit.Reason, exit.Debug.Exception, exit.Debug.Pc));
    }

    [Fact]
    public void An_exception_that_the_owner_injects_is_delivered()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler => assembler.hlt());
        guest.Vcpu.SetEvents(new KvmVcpuEvents
        {
            ExceptionInjected = 1,
            ExceptionNr = 13,
            ExceptionHasErrorCode = 1,
            ExceptionErrorCode = 0x18,
        });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((13, 0x18UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // The handler notes how far the program was.
    static Guest WithHandler()
    {
        Guest guest = Guest.Long();
        guest.SetGate(Vector, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, rcx);
            assembler.iretq();
        }, Guest.Handlers);
        return guest;
    }
}
