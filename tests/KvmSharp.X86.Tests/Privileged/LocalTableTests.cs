using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Privileged;

/// <summary>The local descriptor table: loading it, and loading segments from it.</summary>
public sealed class LocalTableTests
{
    const int InvalidOpcode = 6;
    const int SegmentNotPresent = 11;
    const int GeneralProtection = 13;
    const int None = -1;

    /// <summary>A free entry of the test guests' table; in long mode it takes two.</summary>
    const ushort Free = 0x38;
    const ulong Table = Guest.Data + 0x100;
    const ulong Limit = 0x17;
    const ulong Local = 0x0000_8200_0000_0000 | Limit | (Table << 16);
    const ulong NotPresent = 0x0000_0200_0000_0000 | Limit | (Table << 16);
    const ulong Data = 0x00CF_9300_0000_FFFF;
    const ulong UserData = 0x00CF_F300_0000_FFFF;

    // descriptor, selector → vector, error
    [Theory]
    [InlineData(32, Local, Free, None, 0UL)]
    [InlineData(64, Local, Free, None, 0UL)]
    [InlineData(32, Local, 0, None, 0UL)]
    [InlineData(64, Local, 3, None, 0UL)]
    [InlineData(32, NotPresent, Free, SegmentNotPresent, (ulong)Free)]
    [InlineData(64, NotPresent, Free, SegmentNotPresent, (ulong)Free)]
    [InlineData(32, Data, Free, GeneralProtection, (ulong)Free)]
    [InlineData(32, Local, Guest.TaskSelector, GeneralProtection, (ulong)Guest.TaskSelector)]
    [InlineData(32, Local, Free | 4, GeneralProtection, (ulong)(Free | 4))]
    [InlineData(32, Local, 0x1000, GeneralProtection, 0x1000UL)]
    public void LLDT(int bits, ulong descriptor, int selector, int vector, ulong error)
    {
        using Guest guest = Create(bits, descriptor);
        guest.Assemble(static assembler =>
        {
            assembler.lldt(ax);
            assembler.sldt(cx);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rax = (ulong)selector });
        if (vector != None)
        {
            ExceptionFrame frame = guest.RunToException();
            Assert.Equal((vector, error, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
            return;
        }
        Assert.Equal((ulong)selector, guest.RunToHalt().Rcx);
        KvmSegment loaded = guest.Sregs.Ldt;
        if (selector == Free)
            Assert.Equal((Table, (uint)Limit), (loaded.Base, loaded.Limit));
        else
            Assert.Equal(1, loaded.Unusable);
    }

    [Fact]
    public void In_long_mode_the_base_has_64_bits()
    {
        const ulong Upper = 0xFFFF_8000;
        using Guest guest = Create(64, Local);
        guest.Write(Guest.Gdt + Free + 8, Upper);
        guest.Assemble(static assembler =>
        {
            assembler.lldt(ax);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rax = Free });
        guest.RunToHalt();
        Assert.Equal((Upper << 32) | Table, guest.Sregs.Ldt.Base);
    }

    [Fact]
    public void Real_mode_does_not_know_it()
    {
        using Guest guest = Guest.Real();
        guest.Write(InvalidOpcode * 4, (uint)Guest.Handlers >> 4 << 16);
        guest.Write(Guest.Handlers, Guest.Halt);
        guest.Assemble(static assembler => assembler.lldt(ax));
        guest.RunToHalt();
        Assert.Equal(Guest.Handlers, guest.Sregs.Cs.Base);
    }

    // descriptor in the table, selector, whether the table is loaded → vector
    [Theory]
    [InlineData(Data, 0x0C, true, None)]
    [InlineData(Data, 0x14, true, None)]
    [InlineData(Data, 0x1C, true, GeneralProtection)]
    [InlineData(Data, 0x0C, false, GeneralProtection)]
    [InlineData(Data, 0x04, true, GeneralProtection)]
    [InlineData(Data & ~(1UL << 47), 0x0C, true, SegmentNotPresent)]
    [InlineData(Data, 0x0F, true, GeneralProtection)]
    [InlineData(UserData, 0x0F, true, None)]
    public void A_segment_comes_from_it(ulong descriptor, ushort selector, bool loaded, int vector)
    {
        using Guest guest = Create(32, Local);
        guest.Write(Table + 0x08, descriptor);
        guest.Write(Table + 0x10, descriptor);
        guest.Assemble(assembler =>
        {
            assembler.mov(eax, loaded ? Free : 0);
            assembler.lldt(ax);
            assembler.mov(eax, selector);
            assembler.mov(fs, eax);
            assembler.hlt();
        });
        if (vector == None)
        {
            guest.RunToHalt();
            Assert.Equal(selector, guest.Sregs.Fs.Selector);
            Assert.Equal(1UL, (guest.Read<ulong>(Table + (ulong)(selector & ~7)) >> 40) & 1);
            return;
        }
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((vector, (ulong)(selector & ~3)), (frame.Vector, frame.Error));
    }

    static Guest Create(int bits, ulong descriptor)
    {
        Guest guest = bits == 64 ? Guest.Long() : Guest.Protected();
        guest.HaltOnExceptions();
        guest.Write(Guest.Gdt + Free, descriptor);
        guest.Write(Guest.Gdt + Free + 8, 0UL);
        guest.Sregs = guest.Sregs with { Gdt = new KvmDtable { Base = Guest.Gdt, Limit = 0x47 } };
        return guest;
    }
}
