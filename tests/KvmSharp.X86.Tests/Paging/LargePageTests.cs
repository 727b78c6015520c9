using System;
using Iced.Intel;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Paging;

/// <summary>A large page is walked to once, and all of it is forgotten together.</summary>
public sealed class LargePageTests
{
    const ulong Linear = 0x4000_0000;
    const ulong Bytes = 2UL << 20;
    const int Level = 2;
    const ulong ReadOnly = PageTables.Present | PageTables.Large;
    const ulong ReadWrite = ReadOnly | PageTables.Writable;
    const int PageFault = 14;
    const ulong WriteProtect = 1 << 16;

    static Guest NewGuest(ulong flags, Action<Assembler> code)
    {
        Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Tables.Map(Linear, 0, flags, Level);
        KvmSregs sregs = guest.Sregs;
        sregs.Cr0 |= WriteProtect;
        guest.Sregs = sregs;
        guest.Assemble(code);
        guest.SetRegs(static regs => regs with { Rbx = Linear + Guest.Data, Rdx = Linear + Guest.Data + (5 * Page.Size) });
        return guest;
    }

    [Fact]
    public void Its_pieces_take_one_walk()
    {
        using Guest guest = NewGuest(ReadWrite, static code =>
        {
            code.mov(__[rbx], rax);
            code.mov(__[rdx], rax);
            code.mov(rax, __[rdx + Page.Size]);
            code.hlt();
        });
        guest.RunToHalt();

        // Another for the code itself.
        Assert.Equal((2L, 4L), (guest.Vcpu.Statistics.PageWalks, guest.Vcpu.Statistics.TlbMisses));
    }

    [Fact]
    public void A_write_after_reads_walks_again_for_the_dirty_bit()
    {
        using Guest guest = NewGuest(ReadWrite, static code =>
        {
            code.mov(rax, __[rbx]);
            code.mov(__[rdx], rax);
            code.hlt();
        });
        guest.RunToHalt();

        Assert.Equal(PageTables.Dirty, guest.Tables.Entry(Linear, Level) & PageTables.Dirty);
    }

    [Fact]
    public void Reading_one_piece_does_not_let_another_be_written()
    {
        using Guest guest = NewGuest(ReadOnly, static code =>
        {
            code.mov(rax, __[rbx]);
            code.mov(__[rdx], rax);
        });

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((PageFault, 3UL), (frame.Vector, frame.Error));
    }

    [Fact]
    public void What_the_supervisor_walked_to_is_not_the_users()
    {
        using Guest guest = NewGuest(ReadWrite, static code =>
        {
            code.mov(rax, __[rbx]);
            code.hlt();
            code.mov(rax, __[rdx]);
        });
        KvmRegs halted = guest.RunToHalt();
        guest.EnterUser();
        guest.Regs = halted;

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((PageFault, 5UL), (frame.Vector, frame.Error));
    }

    [Fact]
    public void INVLPG_of_a_piece_forgets_it_all()
    {
        using Guest guest = NewGuest(ReadWrite, static code =>
        {
            code.mov(rax, __[rbx]);
            code.hlt();
            code.mov(rax, __[rdx]);
            code.invlpg(__[rbx]);
            code.mov(rax, __[rdx]);
        });
        guest.RunToHalt();
        guest.Tables.Map(Linear, 0, 0, Level);

        ExceptionFrame frame = guest.RunToException();

        // The second access, not the first: that still went by what had been walked to.
        Assert.Equal((PageFault, 0UL), (frame.Vector, frame.Error));
        Assert.True(frame.Rip > Guest.Code + 7);
    }

    [Fact]
    public void The_next_page_is_not_part_of_it()
    {
        using Guest guest = NewGuest(ReadWrite, static code =>
        {
            code.mov(rax, __[rbx]);
            code.mov(rax, __[rdx]);
        });
        guest.SetRegs(static regs => regs with { Rdx = Linear + Bytes });

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((PageFault, 0UL), (frame.Vector, frame.Error));
    }
}
