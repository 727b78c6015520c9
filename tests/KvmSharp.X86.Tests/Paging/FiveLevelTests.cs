using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Paging;

/// <summary>5-level paging, which CPUID reports: a level more, and addresses of 57 bits.</summary>
public sealed class FiveLevelTests
{
    const ulong LinearAddresses57 = 1UL << 12;
    const ulong Root5 = 0xF_0000;
    const ulong P = PageTables.Present;
    const ulong W = PageTables.Writable;
    const int PageFault = 14;
    const int GeneralProtection = 13;

    [Fact]
    public void The_fifth_level_is_walked_and_its_accessed_bit_set()
    {
        using Guest guest = Create();
        guest.Write(Guest.Data, 0x1234UL);
        // The fifth level's entry 1 leads to the same tables as its entry 0.
        guest.Write(Root5 + 8, PageTables.Root | P | W);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, __[rbx]);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = (1UL << 48) + Guest.Data });
        Assert.Equal(0x1234UL, guest.RunToHalt().Rax);
        Assert.NotEqual(0UL, guest.Read<ulong>(Root5 + 8) & PageTables.Accessed);
    }

    // entry of the fifth level, address → vector, error
    [Theory]
    [InlineData(0UL, 1UL << 48, PageFault, 0UL)]
    [InlineData(P | W | PageTables.Large, 1UL << 48, PageFault, 9UL)]
    [InlineData(P | W | (1UL << Guest.PhysicalBits), 1UL << 48, PageFault, 9UL)]
    [InlineData(0UL, 0x00FF_FFFF_FFFF_F000UL, PageFault, 0UL)]
    [InlineData(0UL, 0x0100_0000_0000_0000UL, GeneralProtection, 0UL)]
    [InlineData(0UL, 0xFEFF_FFFF_FFFF_FFFFUL, GeneralProtection, 0UL)]
    [InlineData(0UL, 0xFF00_0000_0000_0000UL, PageFault, 0UL)]
    public void Faults(ulong entry, ulong address, int vector, ulong error)
    {
        using Guest guest = Create();
        guest.Write(Root5 + 8, entry);
        guest.Assemble(static assembler => assembler.mov(rax, __[rbx]));
        guest.SetRegs(regs => regs with { Rbx = address });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, error, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    [Fact]
    public void It_cannot_be_switched_in_long_mode()
    {
        using Guest guest = Create();
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, cr4);
            assembler.btr(rax, 12);
            assembler.mov(cr4, rax);
        });
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
        Assert.NotEqual(0UL, guest.Sregs.Cr4 & LinearAddresses57);
    }

    static Guest Create()
    {
        Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Write(Root5, PageTables.Root | P | W | PageTables.User);
        KvmSregs sregs = guest.Sregs;
        sregs.Cr3 = Root5;
        sregs.Cr4 |= LinearAddresses57;
        guest.Sregs = sregs;
        return guest;
    }
}
