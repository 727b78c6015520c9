using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Privileged;

/// <summary>Writes of control registers that are refused, and LMSW, which writes half of one.</summary>
public sealed class ControlRegisterTests
{
    const int GeneralProtection = 13;
    const int InvalidOpcode = 6;
    const ulong Paging = 1UL << 31;
    const ulong NotWriteThrough = 1UL << 29;
    const ulong Protection = 1;
    const ulong PhysicalAddresses = 1UL << 5;
    const ulong LongModeEnable = 1UL << 8;

    // What is flipped in the register's value in long mode.
    [Theory]
    [InlineData("cr0", 1UL << 32)]
    [InlineData("cr0", 1UL << 63)]
    [InlineData("cr0", Protection)]
    [InlineData("cr0", Paging)]
    [InlineData("cr0", NotWriteThrough)]
    [InlineData("cr3", 1UL << 63)]
    [InlineData("cr3", 1UL << Guest.PhysicalBits)]
    [InlineData("cr4", PhysicalAddresses)]
    [InlineData("cr4", 1UL << 0)] // VME: CPUID does not report it
    [InlineData("cr4", 1UL << 1)] // PVI
    [InlineData("cr4", 1UL << 12)] // LA57 in long mode
    [InlineData("cr4", 1UL << 13)] // VMXE
    [InlineData("cr4", 1UL << 17)] // PCIDE
    [InlineData("cr4", 1UL << 32)]
    [InlineData("cr8", 16UL)]
    public void A_write_is_refused(string register, ulong flipped)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        KvmSregs before = guest.Sregs;
        AssemblerRegisterCR cr = register switch
        {
            "cr0" => cr0,
            "cr3" => cr3,
            "cr4" => cr4,
            _ => cr8,
        };
        ulong value = register switch
        {
            "cr0" => before.Cr0,
            "cr3" => before.Cr3,
            "cr4" => before.Cr4,
            _ => before.Cr8,
        };
        guest.Assemble(assembler => assembler.mov(cr, rax));
        guest.SetRegs(regs => regs with { Rax = value ^ flipped });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
        Assert.Equal((before.Cr0, before.Cr3, before.Cr4, before.Cr8), (guest.Sregs.Cr0, guest.Sregs.Cr3, guest.Sregs.Cr4, guest.Sregs.Cr8));
    }

    [Fact]
    public void Long_mode_cannot_be_switched_while_pages_are_on()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler =>
        {
            assembler.mov(ecx, 0xC000_0080);
            assembler.rdmsr();
            assembler.xor(eax, (int)LongModeEnable);
            assembler.wrmsr();
        });
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    [Fact]
    public void Paging_in_long_mode_wants_PAE()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.Sregs = guest.Sregs with { Efer = LongModeEnable };
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, cr0);
            assembler.bts(eax, 31);
            assembler.mov(cr0, eax);
        });
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(15)]
    public void There_is_no_such_register(int number)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        // mov rax, crN
        guest.Write(Guest.Code, (byte)(number > 7 ? 0x44 : 0x40), 0x0F, 0x20, (byte)(0xC0 | ((number & 7) << 3)));
        Assert.Equal(InvalidOpcode, guest.RunToException().Vector);
    }

    // before, operand → after: PE, MP, EM, TS, and PE never goes back.
    [Theory]
    [InlineData(0x11UL, 0xFFFEUL, 0x1FUL)]
    [InlineData(0x1FUL, 0UL, 0x11UL)]
    [InlineData(0x13UL, 0x0008UL, 0x19UL)]
    public void LMSW_writes_four_bits(ulong before, ulong operand, ulong after)
    {
        using Guest guest = Guest.Protected();
        guest.Sregs = guest.Sregs with { Cr0 = before };
        guest.Assemble(static assembler =>
        {
            assembler.lmsw(ax);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rax = operand });
        guest.RunToHalt();
        Assert.Equal(after, guest.Sregs.Cr0);
    }

    [Fact]
    public void LMSW_enters_protected_mode()
    {
        using Guest guest = Guest.Real();
        guest.Assemble(static assembler =>
        {
            assembler.smsw(ax);
            assembler.or(al, 1);
            assembler.lmsw(ax);
            assembler.smsw(bx);
            assembler.hlt();
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal((1UL, 1UL), (guest.Sregs.Cr0 & 1, regs.Rbx & 1));
    }

    [Fact]
    public void LMSW_is_not_the_users()
    {
        using Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        guest.EnterUser();
        guest.Assemble(static assembler => assembler.lmsw(ax));
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }
}
