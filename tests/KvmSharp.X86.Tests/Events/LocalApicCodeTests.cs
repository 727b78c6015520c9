using System;
using System.Threading;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.InterruptControllers;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>The local APIC and the 8259s as instructions meet them. Code ends with an output, since HLT waits.</summary>
public sealed class LocalApicCodeTests
{
    const byte Vector = 0x40;
    const byte DonePort = 0x10;
    const byte FaultPort = 0x11;
    const uint BaseMsr = 0x1B;
    const uint X2Base = 0xFEE0_0D00;
    const uint Apic = 0xFEE0_0000;

    [Fact]
    public void In_x2_mode_registers_are_model_specific_ones()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            Enable(assembler);
            assembler.sti();
            WriteMsr(assembler, 0x83F, Vector);
            assembler.mov(ecx, 0x80A);
            assembler.rdmsr();
            Finish(assembler);
        });

        Assert.Equal(DonePort, RunToPort(guest));
        Assert.Equal(1UL, guest.Regs.Rbx);
        // Ended by the handler: nothing holds others back.
        Assert.Equal(0UL, guest.Regs.Rax);
    }

    [Theory]
    [InlineData(0x802, 0)]
    [InlineData(0x80F, 0x1FF)]
    [InlineData(BaseMsr, Apic | 0x400)]
    [InlineData(BaseMsr, Apic | 0x801)]
    public void Before_that_and_with_reserved_bits_they_are_refused(uint msr, uint value)
    {
        using Guest guest = WithHandler();
        guest.Assemble(assembler =>
        {
            WriteMsr(assembler, msr, value);
            Finish(assembler);
        });

        Assert.Equal(FaultPort, RunToPort(guest));
    }

    [Fact]
    public void The_task_priority_that_CR8_sets_holds_interrupts_back_until_it_is_lowered()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            Enable(assembler);
            assembler.mov(edi, 4);
            assembler.mov(cr8, rdi);
            assembler.sti();
            WriteMsr(assembler, 0x83F, Vector);
            assembler.mov(rsi, rbx);
            assembler.xor(edi, edi);
            assembler.mov(cr8, rdi);
            assembler.mov(rbp, rbx);
            Finish(assembler);
        });

        Assert.Equal(DonePort, RunToPort(guest));
        Assert.Equal((0UL, 1UL), (guest.Regs.Rsi, guest.Regs.Rbp));
    }

    [Fact]
    public void What_CPUID_says_of_the_APIC_follows_its_base_register()
    {
        using Guest guest = WithHandler();
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, 1);
            assembler.cpuid();
            assembler.mov(esi, edx);
            WriteMsr(assembler, BaseMsr, Apic | 0x100);
            assembler.mov(eax, 1);
            assembler.cpuid();
            assembler.mov(edi, edx);
            Finish(assembler);
        });

        Assert.Equal(DonePort, RunToPort(guest));
        Assert.Equal((1UL, 0UL), ((guest.Regs.Rsi >> 9) & 1, (guest.Regs.Rdi >> 9) & 1));
    }

    [Fact]
    public void An_NMI_wakes_a_CPU_that_halts_with_interrupts_off()
    {
        const int NonMaskable = 2;
        using Guest guest = WithHandler();
        guest.SetGate(NonMaskable, Guest.Handlers + 0x200);
        guest.Assemble(static assembler =>
        {
            assembler.mov(r8d, 1);
            assembler.iretq();
        }, Guest.Handlers + 0x200);
        guest.Assemble(static assembler =>
        {
            assembler.hlt();
            Finish(assembler);
        });
        int port = 0;
        var owner = new Thread(() => port = RunToPort(guest));
        owner.Start();
        SpinWait.SpinUntil(() => guest.Vcpu.Core.IsBlocked);
        Assert.Equal(KvmErrno.None, guest.Machine.TrySignalMsi(new MsiMessage(Apic, 0x400), out _));

        Assert.True(owner.Join(TimeSpan.FromSeconds(20)));
        Assert.Equal((DonePort, 1UL), (port, guest.Regs.R8));
    }

    [Fact]
    public void An_instruction_that_reads_and_writes_a_register_does_each_once()
    {
        using Guest guest = Guest.Protected(irqchip: true);
        guest.Assemble(static assembler =>
        {
            assembler.mov(ebx, Apic + 0x80);
            assembler.mov(__dword_ptr[ebx], 0x21);
            assembler.add(__dword_ptr[ebx], 0x10);
            assembler.mov(edx, __dword_ptr[ebx]);
            assembler.movzx(ecx, __byte_ptr[ebx]);
            Finish(assembler);
        });

        Assert.Equal(DonePort, RunToPort(guest));
        Assert.Equal((0x31UL, 0x31UL, 3UL), (guest.Regs.Rdx, guest.Regs.Rcx, guest.Vcpu.Cr8));
    }

    [Fact]
    public void Repeated_inputs_and_outputs_reach_a_chip_inside_item_by_item()
    {
        using Guest guest = Guest.Protected(irqchip: true);
        guest.Write(Guest.Data, 0x11, 0x22, 0x33, 0x44);
        guest.Assemble(static assembler =>
        {
            assembler.mov(edx, 0x21);
            assembler.mov(esi, (uint)Guest.Data);
            assembler.mov(ecx, 4);
            assembler.rep.outsb();
            assembler.mov(edi, (uint)Guest.Data + 8);
            assembler.mov(ecx, 3);
            assembler.rep.insb();
            Finish(assembler);
        });

        Assert.Equal(DonePort, RunToPort(guest));
        Assert.Equal(0x0044_4444u, guest.Read<uint>(Guest.Data + 8));
    }

    // Counts in RBX and ends the interrupt by its MSR; #GP leads to a port of its own.
    static Guest WithHandler()
    {
        const int GeneralProtection = 13;
        Guest guest = Guest.Long(irqchip: true);
        guest.SetGate(Vector, Guest.Handlers);
        guest.SetGate(GeneralProtection, Guest.Handlers + 0x100);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rbx);
            WriteMsr(assembler, 0x80B, 0);
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler => assembler.@out(FaultPort, al), Guest.Handlers + 0x100);
        return guest;
    }

    static void Enable(Assembler assembler)
    {
        WriteMsr(assembler, BaseMsr, X2Base);
        WriteMsr(assembler, 0x80F, 0x1FF);
    }

    static void WriteMsr(Assembler assembler, uint msr, uint value)
    {
        assembler.mov(ecx, msr);
        assembler.mov(eax, value);
        assembler.xor(edx, edx);
        assembler.wrmsr();
    }

    static void Finish(Assembler assembler) => assembler.@out(DonePort, al);

    static int RunToPort(Guest guest)
    {
        VcpuExit exit = guest.Vcpu.Run();
        return exit.Reason == VcpuExitReason.Io ? exit.Io.Port : throw new InvalidOperationException(exit.ToString());
    }
}
