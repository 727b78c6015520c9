using System;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Fpu;

/// <summary>What of x87, MMX and SSE only a system sees: who may use them, when errors come, and their state in images.</summary>
public sealed class FloatControlTests : IDisposable
{
    const int InvalidOpcode = 6;
    const int DeviceNotAvailable = 7;
    const int GeneralProtection = 13;
    const int PageFault = 14;
    const int FloatingPointError = 16;
    const int SimdException = 19;

    const ulong Monitor = 1 << 1;
    const ulong Emulation = 1 << 2;
    const ulong TaskSwitched = 1 << 3;
    const ulong NumericError = 1 << 5;
    const ulong OsFxsr = 1 << 9;
    const ulong OsXmmExcept = 1 << 10;
    const ulong OsXsave = 1 << 18;
    const ulong Sse = OsFxsr | OsXmmExcept | OsXsave;

    const ulong Handlers = 0x4_0000;
    const byte Hlt = 0xf4;

    readonly Guest _guest = Guest.Long();

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(0, Sse, -1, -1, -1)]
    [InlineData(TaskSwitched, Sse, DeviceNotAvailable, DeviceNotAvailable, DeviceNotAvailable)]
    [InlineData(Emulation, Sse, DeviceNotAvailable, InvalidOpcode, InvalidOpcode)]
    [InlineData(0, 0, -1, -1, InvalidOpcode)]
    [InlineData(TaskSwitched, 0, DeviceNotAvailable, DeviceNotAvailable, InvalidOpcode)]
    public void Control_registers_say_who_may_compute(ulong cr0, ulong cr4, int x87, int mmx, int sse)
    {
        Assert.Equal(x87, Run(cr0, cr4, asm => asm.fld1()));
        Assert.Equal(mmx, Run(cr0, cr4, asm => asm.paddb(mm0, mm1)));
        Assert.Equal(sse, Run(cr0, cr4, asm => asm.addps(xmm0, xmm1)));
    }

    [Theory]
    [InlineData(TaskSwitched | Monitor, DeviceNotAvailable)]
    [InlineData(TaskSwitched, -1)]
    [InlineData(Emulation, -1)]
    public void Wait_looks_at_the_monitor_bit(ulong cr0, int vector) => Assert.Equal(vector, Run(cr0, Sse, asm => asm.wait()));

    [Fact]
    public void An_unmasked_error_comes_with_the_next_instruction_that_waits()
    {
        Action<Assembler> divideByZero = asm =>
        {
            asm.fninit();
            asm.mov(__dword_ptr[Guest.Data], 0x37b); // zero divide not masked
            asm.fldcw(__word_ptr[Guest.Data]);
            asm.fld1();
            asm.fldz();
            asm.fdivp(st1, st0);
        };
        Assert.Equal(-1, Run(NumericError, Sse, asm => divideByZero(asm)));
        Assert.Equal(-1, Run(NumericError, Sse, asm => { divideByZero(asm); asm.fnstsw(ax); asm.fnclex(); asm.fld1(); }));
        Assert.Equal(FloatingPointError, Run(NumericError, Sse, asm => { divideByZero(asm); asm.fld1(); }));
        Assert.Equal(FloatingPointError, Run(NumericError, Sse, asm => { divideByZero(asm); asm.wait(); }));
        Assert.Equal(FloatingPointError, Run(NumericError, Sse, asm => { divideByZero(asm); asm.paddb(mm0, mm1); }));
    }

    [Theory]
    [InlineData(Sse, SimdException)]
    [InlineData(OsFxsr, InvalidOpcode)]
    public void An_unmasked_sse_exception_is_undefined_to_systems_that_do_not_know_it(ulong cr4, int vector) =>
        Assert.Equal(vector, Run(0, cr4, asm =>
        {
            asm.mov(__dword_ptr[Guest.Data], 0);
            asm.ldmxcsr(__dword_ptr[Guest.Data]);
            asm.xorps(xmm1, xmm1);
            asm.divss(xmm1, xmm1);
        }));

    [Fact]
    public void A_store_that_faults_leaves_the_stack_as_it_was()
    {
        _guest.Tables.Map(Guest.Data, Guest.Data, PageTables.Present | PageTables.User);
        KvmSregs sregs = _guest.Sregs;
        sregs.Cr0 |= 0x1_0000; // WP
        _guest.Sregs = sregs;
        Assert.Equal(PageFault, Run(0x1_0000, Sse, asm =>
        {
            asm.fninit();
            asm.fldpi();
            asm.fstp(__tword_ptr[Guest.Data]);
        }));
        _guest.Vcpu.GetFpu(out KvmFpu fpu);
        Assert.Equal(0x80, fpu.Ftwx);
        Assert.Equal(7 << 11, fpu.Fsw);
    }

    [Fact]
    public void Misaligned_operands_of_sixteen_bytes_are_refused_but_for_the_moves_that_allow_them()
    {
        Assert.Equal(GeneralProtection, Run(0, Sse, asm => asm.movaps(xmm0, __xmmword_ptr[Guest.Data + 8])));
        Assert.Equal(GeneralProtection, Run(0, Sse, asm => asm.addpd(xmm0, __xmmword_ptr[Guest.Data + 8])));
        Assert.Equal(GeneralProtection, Run(0, Sse, asm => asm.movntps(__xmmword_ptr[Guest.Data + 1], xmm0)));
        Assert.Equal(-1, Run(0, Sse, asm => asm.movups(xmm0, __xmmword_ptr[Guest.Data + 8])));
        Assert.Equal(-1, Run(0, Sse, asm => asm.lddqu(xmm0, __xmmword_ptr[Guest.Data + 8])));
    }

    [Fact]
    public void Xsave_and_xrstor_carry_what_is_asked_for()
    {
        Assert.Equal(-1, Run(0, Sse, asm =>
        {
            asm.mov(eax, 3);
            asm.xor(edx, edx);
            asm.xor(ecx, ecx);
            asm.xsetbv();
            asm.fninit();
            asm.fld1();
            asm.mov(rax, 0x1122_3344_5566_7788);
            asm.movq(xmm5, rax);
            asm.mov(eax, 3);
            asm.xsave64(__[Guest.Data]);
            asm.fninit();
            asm.pxor(xmm5, xmm5);
            asm.mov(eax, 2); // SSE alone
            asm.xrstor64(__[Guest.Data]);
        }));
        Assert.Equal(3UL, _guest.Read<ulong>(Guest.Data + 512));
        _guest.Vcpu.GetFpu(out KvmFpu fpu);
        Assert.Equal(0, fpu.Ftwx);
        Assert.Equal(0x1122_3344_5566_7788UL, BitConverter.ToUInt64(((ReadOnlySpan<byte>)fpu.Xmm)[(5 * 16)..]));
    }

    [Fact]
    public void Xrstor_resets_what_the_image_does_not_have()
    {
        Assert.Equal(-1, Run(0, Sse, asm =>
        {
            asm.mov(eax, 3);
            asm.xor(edx, edx);
            asm.xor(ecx, ecx);
            asm.xsetbv();
            asm.fninit();
            asm.fld1();
            asm.xsave64(__[Guest.Data]);
            asm.mov(__qword_ptr[Guest.Data + 512], 0);
            asm.pcmpeqd(xmm3, xmm3);
            asm.xrstor64(__[Guest.Data]);
        }));
        _guest.Vcpu.GetFpu(out KvmFpu fpu);
        Assert.Equal(0, fpu.Ftwx);
        Assert.Equal(0x37f, fpu.Fcw);
        Assert.Equal(-1, ((ReadOnlySpan<byte>)fpu.Xmm).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Xcr0_has_x87_and_nothing_that_is_not_there()
    {
        Assert.Equal(GeneralProtection, Run(0, Sse, asm => { asm.mov(eax, 2); asm.xor(edx, edx); asm.xor(ecx, ecx); asm.xsetbv(); }));
        Assert.Equal(GeneralProtection, Run(0, Sse, asm => { asm.mov(eax, 7); asm.xor(edx, edx); asm.xor(ecx, ecx); asm.xsetbv(); }));
        Assert.Equal(InvalidOpcode, Run(0, OsFxsr, asm => { asm.xor(ecx, ecx); asm.xgetbv(); }));
        Assert.Throws<KvmException>(() => _guest.Vcpu.Xcr0 = 7);
    }

    [Fact]
    public void The_owner_gets_what_it_has_set()
    {
        KvmFpu fpu = new() { Fcw = 0x27f, Fsw = 0x3800, Ftwx = 0x81, LastOpcode = 0x123, LastIp = 0x1_0000_0001, LastDp = 2, Mxcsr = 0x1fa0 };
        ((Span<byte>)fpu.Fpr)[..10].Fill(0x5a);
        ((Span<byte>)fpu.Xmm).Fill(0xa5);
        _guest.Vcpu.SetFpu(in fpu);
        _guest.Vcpu.GetFpu(out KvmFpu got);
        AssertSame(fpu, got);

        byte[] image = new byte[_guest.Vcpu.XsaveSize];
        _guest.Vcpu.GetXsave(image);
        _guest.Vcpu.SetFpu(default);
        _guest.Vcpu.SetXsave(image);
        _guest.Vcpu.GetFpu(out got);
        AssertSame(fpu, got);

        image[512 + 8] = 1; // the compacted form
        Assert.Throws<KvmException>(() => _guest.Vcpu.SetXsave(image));
    }

    static void AssertSame(in KvmFpu expected, in KvmFpu actual)
    {
        Assert.Equal(
            (expected.Fcw, expected.Fsw, expected.Ftwx, expected.LastOpcode, expected.LastIp, expected.LastDp, expected.Mxcsr),
            (actual.Fcw, actual.Fsw, actual.Ftwx, actual.LastOpcode, actual.LastIp, actual.LastDp, actual.Mxcsr));
        Assert.Equal(((ReadOnlySpan<byte>)expected.Fpr).ToArray(), ((ReadOnlySpan<byte>)actual.Fpr).ToArray());
        Assert.Equal(((ReadOnlySpan<byte>)expected.Xmm).ToArray(), ((ReadOnlySpan<byte>)actual.Xmm).ToArray());
    }

    // Runs code with control bits added; returns the exception's vector, or −1.
    int Run(ulong cr0, ulong cr4, Action<Assembler> write)
    {
        for (int vector = 0; vector < 32; vector++)
        {
            _guest.SetGate(vector, Handlers + ((ulong)vector * 16));
            _guest.Write(Handlers + ((ulong)vector * 16), Hlt);
        }

        KvmSregs sregs = _guest.Sregs;
        sregs.Cr0 = (sregs.Cr0 & ~(Monitor | Emulation | TaskSwitched | NumericError)) | cr0;
        sregs.Cr4 = (sregs.Cr4 & ~Sse) | cr4;
        _guest.Sregs = sregs;
        _guest.Assemble(asm => { write(asm); asm.hlt(); });
        _guest.SetRegs(regs => regs with { Rip = Guest.Code, Rsp = Guest.Stack });
        KvmRegs after = _guest.RunToHalt();
        return after.Rip >= Handlers ? (int)((after.Rip - Handlers) / 16) : -1;
    }
}
