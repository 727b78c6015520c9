using System;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Quirks;

/// <summary>
/// What docs/QUIRKS.md says of the software CPU, as it is. A test here that fails is no defect by itself: then the page is out
/// of date.
/// </summary>
public sealed class SoftwareCpuQuirkTests
{
    const int InvalidOpcode = 6;
    const int GeneralProtection = 13;
    const int FloatingPointError = 16;
    const ulong NestedTask = 0x4000;
    const ulong Virtual8086 = 0x2_0000;

    [Fact]
    public void A_return_from_a_nested_task_is_refused()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.SetRegs(static regs => regs with { Rflags = 2 | NestedTask });
        guest.Assemble(static assembler => assembler.iretd());

        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    [Fact]
    public void A_task_gate_is_refused()
    {
        const ulong TaskGate = 0x85UL << 40;
        const int Vector = 0x30;
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Idt + (Vector * 8), TaskGate | ((ulong)Guest.TaskSelector << 16));
        guest.Assemble(static assembler => assembler.@int(Vector));

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((GeneralProtection, (Vector * 8UL) + 2), (frame.Vector, frame.Error));
    }

    [Fact]
    public void State_of_virtual_8086_mode_is_taken_without_the_flag()
    {
        using Guest guest = Guest.Protected();
        guest.SetRegs(static regs => regs with { Rflags = 3 | Virtual8086 });

        Assert.Equal(3UL, guest.Regs.Rflags);
    }

    [Fact]
    public void A_return_to_virtual_8086_mode_is_refused()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler =>
        {
            assembler.push((int)(2 | Virtual8086));
            assembler.push(0);
            assembler.push(0);
            assembler.iretd();
        });

        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    [Fact]
    public void A_breakpoint_on_a_port_never_hits()
    {
        const ulong DebuggingExtensions = 8;
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Sregs = guest.Sregs with { Cr4 = guest.Sregs.Cr4 | DebuggingExtensions };
        var debug = new KvmDebugRegs { Dr6 = 0xFFFF_0FF0, Dr7 = 0x402 | (2UL << 16) };
        debug.Db[0] = 0x80;
        guest.Vcpu.SetDebugRegs(in debug);
        guest.Assemble(static assembler =>
        {
            assembler.@out(0x80, al);
            assembler.hlt();
        });

        Assert.Equal(VcpuExitReason.Io, guest.Run());
        Assert.Equal(VcpuExitReason.Hlt, guest.Run());
        Assert.Equal(Guest.Code + 3, guest.Regs.Rip);
    }

    [Fact]
    public void A_jump_out_of_the_canonical_range_faults_at_its_target()
    {
        const ulong Target = 0x8000_0000_0000;
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.SetRegs(static regs => regs with { Rax = Target });
        guest.Assemble(static assembler => assembler.jmp(rax));

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((GeneralProtection, Target), (frame.Vector, frame.Rip));
    }

    [Fact]
    public void SYSENTER_works_in_long_mode()
    {
        using Guest guest = Guest.Long();
        guest.EnterUser();
        guest.Write(Guest.Handlers + 0x800, Guest.Halt);
        guest.Vcpu.SetMsrs([
            new KvmMsrEntry(0x174, Guest.KernelCode),
            new KvmMsrEntry(0x175, Guest.KernelStack),
            new KvmMsrEntry(0x176, Guest.Handlers + 0x800),
        ]);
        guest.Assemble(static assembler => assembler.sysenter());

        Assert.Equal(Guest.Handlers + 0x801, guest.RunToHalt().Rip);
    }

    [Fact]
    public void SYSCALL_works_in_compatibility_mode()
    {
        using Guest guest = Guest.Long();
        guest.EnterUser();
        KvmSregs sregs = guest.Sregs;
        sregs.Cs.L = 0;
        sregs.Cs.Db = 1;
        guest.Sregs = sregs;
        guest.Write(Guest.Handlers + 0x800, Guest.Halt);
        guest.Vcpu.SetMsrs([
            new KvmMsrEntry(0xC000_0081, ((ulong)(Guest.KernelCode | ((Guest.KernelData | 3UL) << 16))) << 32),
            new KvmMsrEntry(0xC000_0083, Guest.Handlers + 0x800),
        ]);
        guest.Assemble(static assembler => assembler.syscall());

        Assert.Equal(Guest.Handlers + 0x801, guest.RunToHalt().Rip);
    }

    // A third: nothing stands below the twelfth bit of its fraction.
    [Fact]
    public void An_approximate_reciprocal_has_twelve_bits()
    {
        const ulong OsFxsr = 0x200;
        using Guest guest = Guest.Long();
        guest.Sregs = guest.Sregs with { Cr4 = guest.Sregs.Cr4 | OsFxsr };
        guest.Write(Guest.Data, 3f);
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data });
        guest.Assemble(static assembler =>
        {
            assembler.rcpss(xmm0, __dword_ptr[rbx]);
            assembler.movd(eax, xmm0);
            assembler.hlt();
        });

        uint bits = (uint)guest.RunToHalt().Rax;

        Assert.Equal(0U, bits & 0x7FF);
        Assert.InRange(MathF.Abs((BitConverter.UInt32BitsToSingle(bits) * 3) - 1), 0, MathF.ScaleB(1, -12));
    }

    [Fact]
    public void An_error_of_x87_is_an_exception_without_NE_too_and_the_environment_has_no_selectors()
    {
        const int EnvironmentBytes = 28;
        const int CodeSelector = 16;
        const int DataSelector = 24;
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data });
        for (ulong at = 0; at < EnvironmentBytes; at += 4)
            guest.Write(Guest.Data + at, uint.MaxValue);
        guest.Write(Guest.Data + 0x40, (ushort)0x37B);
        guest.Assemble(static assembler =>
        {
            assembler.fninit();
            assembler.fld(__dword_ptr[ebx + 0x80]);
            assembler.fnstenv(__[ebx]);
            assembler.fldcw(__word_ptr[ebx + 0x40]);
            assembler.fld1();
            assembler.fldz();
            assembler.fdivp(st1, st0);
            assembler.wait();
        });

        Assert.Equal(FloatingPointError, guest.RunToException().Vector);
        Assert.Equal(0, guest.Read<ushort>(Guest.Data + CodeSelector));
        Assert.Equal(0, guest.Read<ushort>(Guest.Data + DataSelector));
    }

    [Fact]
    public void Other_forms_of_XSAVE_and_AVX_are_unknown()
    {
        // xsaveopt [rbx]; xsavec [rbx]; vaddps ymm0, ymm0, ymm0
        byte[][] instructions = [[0x0F, 0xAE, 0x33], [0x0F, 0xC7, 0x23], [0xC5, 0xFC, 0x58, 0xC0]];
        Assert.All(instructions, static instruction =>
        {
            using Guest guest = Guest.Long();
            guest.HaltOnExceptions();
            guest.Write(Guest.Code, instruction);
            Assert.Equal(InvalidOpcode, guest.RunToException().Vector);
        });
    }

    [Fact]
    public void Switching_the_caches_off_changes_nothing()
    {
        const ulong CacheDisable = 0x4000_0000;
        using Guest guest = Guest.Protected();
        guest.Sregs = guest.Sregs with { Cr0 = guest.Sregs.Cr0 | CacheDisable };
        guest.SetRegs(static regs => regs with { Rbx = Guest.Data, Rax = 7 });
        guest.Assemble(static assembler =>
        {
            assembler.mov(__[ebx], eax);
            assembler.wbinvd();
            assembler.mov(ecx, __[ebx]);
            assembler.hlt();
        });

        Assert.Equal(7UL, guest.RunToHalt().Rcx);
    }
}
