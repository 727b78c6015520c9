using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Privileged;

/// <summary>SYSENTER and SYSEXIT, SYSRET's checks: flat segments that no table is asked for.</summary>
public sealed class SystemCallTests
{
    const int InvalidOpcode = 6;
    const int GeneralProtection = 13;
    const uint SysenterCs = 0x174;
    const uint SysenterEsp = 0x175;
    const uint SysenterEip = 0x176;
    const ulong Entry = Guest.Handlers + 0x800;
    const ulong Bad = 1UL << 47;
    const ulong InterruptFlag = 0x200;
    const ulong TrapFlag = 0x100;
    const byte Halt = 0xF4;

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void SYSENTER_enters_the_supervisor(int bits)
    {
        using Guest guest = Create(bits, 0x63);
        guest.EnterUser();
        guest.Assemble(static assembler => assembler.sysenter());
        guest.SetRegs(static regs => regs with { Rflags = 2 | InterruptFlag });
        KvmRegs regs = guest.RunToHalt();
        KvmSregs sregs = guest.Sregs;
        Assert.Equal((Entry + 1, Guest.KernelStack, 2UL), (regs.Rip, regs.Rsp, regs.Rflags));
        // The two low bits of the register do not count.
        Assert.Equal((0x60, 0, 0x68, 0), (sregs.Cs.Selector, sregs.Cs.Dpl, sregs.Ss.Selector, sregs.Ss.Dpl));
        Assert.Equal((bits / 64, uint.MaxValue, 0UL), (sregs.Cs.L, sregs.Cs.Limit, sregs.Cs.Base));
    }

    // SYSENTER_CS, mode → what SYSENTER, or SYSEXIT, does
    [Theory]
    [InlineData(32, 0UL)]
    [InlineData(32, 3UL)]
    [InlineData(64, 0UL)]
    public void Without_a_code_segment_both_are_refused(int bits, ulong segment)
    {
        foreach (byte opcode in new byte[] { 0x34, 0x35 })
        {
            using Guest guest = Create(bits, segment);
            guest.Write(Guest.Code, 0x0F, opcode);
            ExceptionFrame frame = guest.RunToException();
            Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
        }
    }

    [Theory]
    [InlineData(32, false, 0x73, 0x7B)]
    [InlineData(64, false, 0x73, 0x7B)]
    [InlineData(64, true, 0x83, 0x8B)]
    public void SYSEXIT_goes_back_to_the_user(int bits, bool wide, int code, int stack)
    {
        const ulong Target = 0xA000;
        using Guest guest = Create(bits, 0x60);
        guest.Write(Guest.Code, wide ? [0x48, 0x0F, 0x35] : [0x0F, 0x35]);
        // The user may not halt: that is how it is seen to be one.
        guest.Write(Target, Halt);
        guest.EnterKernelStack();
        guest.SetRegs(static regs => regs with { Rdx = Target, Rcx = Guest.Data });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, Target, (ushort)code), (frame.Vector, frame.Rip, frame.Code));
        ulong size = bits == 64 ? 8UL : 4;
        ulong top = Guest.KernelStack;
        Assert.Equal((ulong)stack, bits == 64 ? guest.Read<ulong>(top - size) : guest.Read<uint>(top - size));
        Assert.Equal(Guest.Data, bits == 64 ? guest.Read<ulong>(top - (2 * size)) : guest.Read<uint>(top - (2 * size)));
    }

    [Fact]
    public void SYSEXIT_is_not_the_users()
    {
        using Guest guest = Create(32, 0x60);
        guest.EnterUser();
        guest.Write(Guest.Code, 0x0F, 0x35);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    // In 64-bit form both addresses have to be some.
    [Theory]
    [InlineData(Bad, 0UL)]
    [InlineData(0UL, Bad)]
    public void A_wide_SYSEXIT_looks_at_its_addresses(ulong rip, ulong rsp)
    {
        using Guest guest = Create(64, 0x60);
        guest.Write(Guest.Code, 0x48, 0x0F, 0x35);
        guest.SetRegs(regs => regs with { Rdx = rip, Rcx = rsp });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, Guest.Code, 0), (frame.Vector, frame.Rip, guest.Sregs.Cs.Dpl));
    }

    // SYSRET's target, whether SYSCALL is enabled, as user? → vector
    [Theory]
    [InlineData(Bad, true, false, GeneralProtection)]
    [InlineData(0UL, true, true, GeneralProtection)]
    [InlineData(0UL, false, false, InvalidOpcode)]
    public void SYSRET_is_refused(ulong target, bool enabled, bool user, int vector)
    {
        const ulong SyscallEnable = 1;
        using Guest guest = Create(64, 0x60);
        if (user)
            guest.EnterUser();
        KvmSregs sregs = guest.Sregs;
        sregs.Efer = enabled ? sregs.Efer | SyscallEnable : sregs.Efer & ~SyscallEnable;
        guest.Sregs = sregs;
        guest.Assemble(static assembler => assembler.sysretq());
        guest.SetRegs(regs => regs with { Rcx = target });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, Guest.Code), (frame.Vector, frame.Rip));
    }

    // TF masked by SYSCALL? → steps until the kernel is there, steps in all
    [Theory]
    [InlineData(true, 1UL, 3UL)]
    [InlineData(false, 2UL, 6UL)]
    public void A_step_goes_by_the_flag_that_SYSCALL_and_SYSRET_load(bool masked, ulong stepsBefore, ulong steps)
    {
        const ulong Kernel = Guest.Handlers + 0x400;
        using Guest guest = Guest.Long();
        guest.SetGate(1, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.inc(rax);
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rbx, rax);
            assembler.nop();
            assembler.sysretq();
        }, Kernel);
        guest.SetGate(GeneralProtection, Guest.Handlers + 0x200);
        guest.Assemble(static assembler => assembler.hlt(), Guest.Handlers + 0x200);
        guest.EnterUser();
        guest.Assemble(static assembler =>
        {
            assembler.nop();
            assembler.syscall();
            // The user may not halt.
            assembler.nop();
            assembler.hlt();
        });
        KvmSregs sregs = guest.Sregs;
        sregs.Efer |= 1;
        guest.Sregs = sregs;
        guest.Vcpu.SetMsrs([
            new KvmMsrEntry(0xC000_0081, ((ulong)Guest.KernelData << 48) | ((ulong)Guest.KernelCode << 32)), new KvmMsrEntry(0xC000_0082, Kernel),
            new KvmMsrEntry(0xC000_0084, masked ? TrapFlag : 0),
        ]);
        guest.SetRegs(static regs => regs with { Rflags = 2 | TrapFlag });
        guest.RunToHalt();
        Assert.Equal((stepsBefore, steps), (guest.Regs.Rbx, guest.Regs.Rax));
    }

    [Fact]
    public void Real_mode_has_no_SYSENTER()
    {
        using Guest guest = Guest.Real();
        guest.Write(GeneralProtection * 4, (uint)Guest.Handlers >> 4 << 16);
        guest.Write(Guest.Handlers, Halt);
        guest.Write(Guest.Code, 0x0F, 0x34);
        guest.RunToHalt();
        Assert.Equal(Guest.Handlers, guest.Sregs.Cs.Base);
    }

    static Guest Create(int bits, ulong segment)
    {
        Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Entry, Halt);
        guest.Vcpu.SetMsrs([
            new KvmMsrEntry(SysenterCs, segment), new KvmMsrEntry(SysenterEsp, Guest.KernelStack), new KvmMsrEntry(SysenterEip, Entry),
        ]);
        return guest;
    }
}
