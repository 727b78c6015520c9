using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Paging;

/// <summary>Every error code of a page fault, CR2, and the bits that accesses leave in the tables.</summary>
public sealed class PageFaultTests
{
    const ulong P = PageTables.Present;
    const ulong W = PageTables.Writable;
    const ulong U = PageTables.User;
    const ulong NX = PageTables.NoExecute;
    const ulong Reserved = 1UL << 51;
    const ulong Target = 0x30_0000;
    const ulong WriteProtect = 1UL << 16;
    const ulong Smep = 1UL << 20;
    const ulong Smap = 1UL << 21;
    const int PageFault = 14;

    // flags of the page, as user?, CR0.WP, CR4 bits → error code
    [Theory]
    [InlineData(0UL, false, 0UL, 0UL, 0x0UL)]
    [InlineData(0UL, true, 0UL, 0UL, 0x4UL)]
    [InlineData(P | W, true, 0UL, 0UL, 0x5UL)]
    [InlineData(P | U | Reserved, true, 0UL, 0UL, 0xDUL)]
    [InlineData(P | U, false, 0UL, Smap, 0x1UL)]
    public void Reading(ulong flags, bool user, ulong cr0, ulong cr4, ulong error) =>
        AssertFault(static assembler => assembler.mov(rax, __[rbx]), flags, user, cr0, cr4, error);

    [Theory]
    [InlineData(0UL, false, 0UL, 0UL, 0x2UL)]
    [InlineData(0UL, true, 0UL, 0UL, 0x6UL)]
    [InlineData(P | U, true, 0UL, 0UL, 0x7UL)]
    [InlineData(P | W, true, 0UL, 0UL, 0x7UL)]
    [InlineData(P, false, WriteProtect, 0UL, 0x3UL)]
    [InlineData(P | W | Reserved, false, 0UL, 0UL, 0xBUL)]
    [InlineData(P | W | U, false, 0UL, Smap, 0x3UL)]
    public void Writing(ulong flags, bool user, ulong cr0, ulong cr4, ulong error) =>
        AssertFault(static assembler => assembler.mov(__[rbx], rax), flags, user, cr0, cr4, error);

    // A locked or a plain update of memory is a write from its first step.
    [Theory]
    [InlineData(P | U, true, 0UL, 0UL, 0x7UL)]
    public void Updating(ulong flags, bool user, ulong cr0, ulong cr4, ulong error)
    {
        AssertFault(static assembler => assembler.add(__qword_ptr[rbx], rax), flags, user, cr0, cr4, error);
        AssertFault(static assembler => assembler.@lock.add(__qword_ptr[rbx], rax), flags, user, cr0, cr4, error);
        AssertFault(static assembler => assembler.cmpxchg(__[rbx], rcx), flags, user, cr0, cr4, error);
    }

    [Theory]
    [InlineData(0UL, true, 0UL, 0UL, 0x14UL)]
    [InlineData(P | W | U | NX, true, 0UL, 0UL, 0x15UL)]
    [InlineData(P | W | NX, false, 0UL, 0UL, 0x11UL)]
    [InlineData(P | W | U, false, 0UL, Smep, 0x11UL)]
    public void Fetching(ulong flags, bool user, ulong cr0, ulong cr4, ulong error) =>
        AssertFault(static assembler => assembler.jmp(rbx), flags, user, cr0, cr4, error, Target);

    [Fact]
    public void Without_write_protection_the_supervisor_writes_read_only_pages()
    {
        using Guest guest = Guest.Long();
        guest.Tables.Map(Target, Target, P);
        guest.Assemble(static assembler =>
        {
            assembler.mov(__qword_ptr[rbx], 5);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = Target });
        guest.RunToHalt();
        Assert.Equal(5UL, guest.Read<ulong>(Target));
        Assert.Equal(PageTables.Dirty, guest.Tables.Entry(Target) & PageTables.Dirty);
    }

    [Theory]
    [InlineData(false, PageTables.Accessed)]
    [InlineData(true, PageTables.Accessed | PageTables.Dirty)]
    public void Accesses_leave_their_bits(bool write, ulong bits)
    {
        using Guest guest = Guest.Long();
        guest.Tables.Map(Target, Target, P | W);
        guest.Assemble(assembler =>
        {
            if (write)
                assembler.mov(__[rbx], rax);
            else
                assembler.mov(rax, __[rbx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = Target });
        guest.RunToHalt();
        Assert.Equal(bits, guest.Tables.Entry(Target) & (PageTables.Accessed | PageTables.Dirty));
    }

    // A write after a read comes by once more to leave the dirty bit.
    [Fact]
    public void A_write_after_a_read_sets_the_dirty_bit()
    {
        using Guest guest = Guest.Long();
        guest.Tables.Map(Target, Target, P | W);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, __[rbx]);
            assembler.mov(__[rbx], rax);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = Target });
        guest.RunToHalt();
        Assert.NotEqual(0UL, guest.Tables.Entry(Target) & PageTables.Dirty);
    }

    [Fact]
    public void A_write_that_crosses_into_a_fault_leaves_no_trace()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Tables.Map(Target + 0x1000, 0, 0);
        guest.Assemble(static assembler => assembler.mov(__[rbx], rax));
        guest.SetRegs(regs => regs with { Rbx = Target + 0xFFC, Rax = ulong.MaxValue });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal(PageFault, frame.Vector);
        Assert.Equal(Target + 0x1000, guest.Sregs.Cr2);
        Assert.Equal(0U, guest.Read<uint>(Target + 0xFFC));
    }

    [Fact]
    public void A_stale_translation_lasts_until_INVLPG()
    {
        using Guest guest = Guest.Long();
        guest.Write(Target, 1UL);
        guest.Write(Target + 0x1000, 2UL);
        ulong entry = guest.Tables.EntryAt(Target).Value;
        guest.Assemble(assembler =>
        {
            assembler.mov(rax, __[rbx]);
            assembler.mov(rcx, (long)(Target + 0x1000) | 7);
            assembler.mov(__[(long)entry], rcx);
            assembler.invlpg(__[rbx]);
            assembler.mov(rdx, __[rbx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = Target });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(1UL, regs.Rax);
        Assert.Equal(2UL, regs.Rdx);
    }

    [Theory]
    [InlineData(2, 0x20_0000UL)]
    [InlineData(3, 0x4000_0000UL)]
    public void Large_pages_translate(int level, ulong size)
    {
        using Guest guest = Guest.Long();
        ulong linear = 0x80_0000_0000 + size;
        guest.Tables.Map(linear, 0, P | W | PageTables.Large, level);
        guest.Write(Guest.Data, 0x1234UL);
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, __[rbx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = linear + Guest.Data });
        Assert.Equal(0x1234UL, guest.RunToHalt().Rax);
    }

    [Theory]
    [InlineData(0x8000_0000_0000UL, 13)]
    [InlineData(0x7FFF_FFFF_FFFFUL, 13)]
    public void An_address_that_is_not_canonical_is_a_general_protection_fault(ulong address, int vector)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler => assembler.mov(rax, __[rbx]));
        guest.SetRegs(regs => regs with { Rbx = address });
        Assert.Equal(new ExceptionFrame(vector, 0, Guest.Code, Guest.KernelCode, 0x1_0002), guest.RunToException());
    }

    [Fact]
    public void On_the_stack_it_is_a_stack_fault()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler => assembler.mov(rax, __[rbp]));
        guest.SetRegs(regs => regs with { Rbp = 1UL << 63 });
        Assert.Equal(12, guest.RunToException().Vector);
    }

    static void AssertFault(
        System.Action<Iced.Intel.Assembler> instruction, ulong flags, bool user, ulong cr0, ulong cr4, ulong error,
        ulong rip = Guest.Code)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        if (user)
            guest.EnterUser();
        // The supervisor's own pages stay usable when users' are forbidden.
        guest.Tables.Map(Guest.Code, Guest.Code, P | W | (user ? U : 0));
        guest.Tables.Map(Guest.Handlers, Guest.Handlers, P | W);
        guest.Tables.Map(Guest.Stack - 0x1000, Guest.Stack - 0x1000, P | W | (user ? U : 0));
        guest.Tables.Map(Guest.KernelStack - 0x1000, Guest.KernelStack - 0x1000, P | W);
        foreach (ulong table in new[] { Guest.Gdt, Guest.Idt, Guest.Task })
            guest.Tables.Map(table, table, P | W);
        guest.Tables.Map(Target, Target, flags);
        KvmSregs sregs = guest.Sregs;
        sregs.Cr0 |= cr0;
        sregs.Cr4 |= cr4;
        guest.Sregs = sregs;
        guest.Assemble(instruction);
        guest.SetRegs(regs => regs with { Rbx = Target });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((PageFault, error, rip), (frame.Vector, frame.Error, frame.Rip));
        Assert.Equal(Target, guest.Sregs.Cr2);
    }
}
