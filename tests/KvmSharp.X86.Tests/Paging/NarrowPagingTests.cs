using System;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Paging;

/// <summary>Paging of 32-bit code, with and without PAE: every fault code, large pages, reserved bits, accessed and dirty.</summary>
public sealed class NarrowPagingTests
{
    const ulong P = PageTables.Present;
    const ulong W = PageTables.Writable;
    const ulong U = PageTables.User;
    const ulong A = PageTables.Accessed;
    const ulong D = PageTables.Dirty;
    const ulong NX = PageTables.NoExecute;
    const ulong Ignored62 = 1UL << 62;
    const ulong TooFar = 1UL << Guest.PhysicalBits;
    const ulong WriteProtect = 1UL << 16;
    const ulong PageSizes = 1UL << 4;
    const ulong Wide = 1UL << 5;
    const ulong Smep = 1UL << 20;
    const ulong Smap = 1UL << 21;
    const ulong NoExecuteEnable = 1UL << 11;
    const ulong Target = 0x30_0000;
    const int PageFault = 14;
    const int GeneralProtection = 13;

    // flags, as user?, CR0.WP, CR4, EFER → error code; PAE if CR4 says so
    [Theory]
    [InlineData(0UL, false, 0UL, 0UL, 0UL, 0x0UL)]
    [InlineData(0UL, true, 0UL, 0UL, 0UL, 0x4UL)]
    [InlineData(P | W, true, 0UL, 0UL, 0UL, 0x5UL)]
    [InlineData(P | U, false, 0UL, Smap, 0UL, 0x1UL)]
    [InlineData(0UL, false, 0UL, Wide, 0UL, 0x0UL)]
    [InlineData(0UL, true, 0UL, Wide, 0UL, 0x4UL)]
    [InlineData(P | W, true, 0UL, Wide, 0UL, 0x5UL)]
    [InlineData(P | U | TooFar, true, 0UL, Wide, 0UL, 0xDUL)]
    [InlineData(P | W | Ignored62, false, 0UL, Wide, 0UL, 0x9UL)]
    [InlineData(P | W | NX, false, 0UL, Wide, 0UL, 0x9UL)]
    public void Reading(ulong flags, bool user, ulong cr0, ulong cr4, ulong efer, ulong error) =>
        AssertFault(static assembler => assembler.mov(eax, __[ebx]), flags, user, cr0, cr4, efer, error);

    [Theory]
    [InlineData(0UL, false, 0UL, 0UL, 0UL, 0x2UL)]
    [InlineData(0UL, true, 0UL, 0UL, 0UL, 0x6UL)]
    [InlineData(P | U, true, 0UL, 0UL, 0UL, 0x7UL)]
    [InlineData(P | W, true, 0UL, 0UL, 0UL, 0x7UL)]
    [InlineData(P, false, WriteProtect, 0UL, 0UL, 0x3UL)]
    [InlineData(P | W | U, false, 0UL, Smap, 0UL, 0x3UL)]
    [InlineData(P | U, true, 0UL, Wide, 0UL, 0x7UL)]
    [InlineData(P, false, WriteProtect, Wide, 0UL, 0x3UL)]
    [InlineData(P | W | TooFar, false, 0UL, Wide, 0UL, 0xBUL)]
    [InlineData(P | W | U | NX, true, 0UL, Wide, 0UL, 0xFUL)]
    public void Writing(ulong flags, bool user, ulong cr0, ulong cr4, ulong efer, ulong error) =>
        AssertFault(static assembler => assembler.mov(__[ebx], eax), flags, user, cr0, cr4, efer, error);

    // Whether it was a fetch is told with NX at hand, or SMEP.
    [Theory]
    [InlineData(0UL, true, 0UL, 0UL, 0x4UL)]
    [InlineData(0UL, true, 0UL, NoExecuteEnable, 0x4UL)]
    [InlineData(0UL, true, Smep, 0UL, 0x14UL)]
    [InlineData(P | U, false, Smep, 0UL, 0x11UL)]
    [InlineData(P | W, true, 0UL, 0UL, 0x5UL)]
    [InlineData(0UL, true, Wide, 0UL, 0x4UL)]
    [InlineData(0UL, true, Wide, NoExecuteEnable, 0x14UL)]
    [InlineData(P | U | NX, true, Wide, NoExecuteEnable, 0x15UL)]
    [InlineData(P | NX, false, Wide, NoExecuteEnable, 0x11UL)]
    [InlineData(P | U, false, Wide | Smep, 0UL, 0x11UL)]
    public void Fetching(ulong flags, bool user, ulong cr4, ulong efer, ulong error) =>
        AssertFault(static assembler => assembler.jmp(ebx), flags, user, 0, cr4, efer, error, Target);

    // A large page of four mebibytes, or with PAE two; bit 21 of the one, and the bits below the address of the other, are
    // reserved. Without CR4.PSE the bit says nothing, and the entry names a table.
    [Theory]
    [InlineData(PageSizes, 0UL, 0xFFFF_FFFFUL)]
    [InlineData(PageSizes, 1UL << 21, 0x9UL)]
    [InlineData(0UL, 0UL, 0x0UL)]
    [InlineData(Wide, 0UL, 0xFFFF_FFFFUL)]
    [InlineData(Wide, 1UL << 13, 0x9UL)]
    [InlineData(Wide, 1UL << 20, 0x9UL)]
    [InlineData(Wide, TooFar, 0x9UL)]
    public void Large_pages(ulong cr4, ulong bits, ulong error)
    {
        const ulong NoFault = 0xFFFF_FFFF;
        const ulong LargeLinear = 0x4000_0000;
        const ulong Offset = 0x12_3450;
        using Guest guest = Create(cr4, efer: 0, user: false, out NarrowTables tables);
        tables.Map(LargeLinear, 0x80_0000 | bits, P | W | NarrowTables.Large, level: 2);
        Load(guest, cr4);
        guest.Write(0x80_0000 + Offset, 0x1234_5678U);
        guest.Assemble(static assembler =>
        {
            assembler.mov(eax, __[ebx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = LargeLinear + Offset });
        if (error == NoFault)
        {
            Assert.Equal(0x1234_5678UL, guest.RunToHalt().Rax);
            Assert.Equal(A, tables.Entry(LargeLinear, level: 2) & (A | D));
            return;
        }
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((PageFault, error, LargeLinear + Offset), (frame.Vector, frame.Error, guest.Sregs.Cr2));
    }

    // Bits 20:13 of a large page are bits 39:32 of its address.
    [Fact]
    public void A_large_page_without_PAE_reaches_beyond_4_GiB()
    {
        using var high = HostMemory.AnonymousMemory.Create(4UL << 20);
        using Guest guest = Create(PageSizes, efer: 0, user: false, out NarrowTables tables);
        guest.Machine.Slots.Add(new Addresses.Gpa(3UL << 32), high);
        tables.Map(0x4000_0000, 3UL << 13, P | W | NarrowTables.Large, level: 2);
        Load(guest, PageSizes);
        guest.Assemble(static assembler =>
        {
            assembler.mov(__dword_ptr[0x4000_0008], 77);
            assembler.hlt();
        });
        guest.RunToHalt();
        Assert.Equal(77U, guest.Read<uint>((3UL << 32) + 8));
        Assert.Equal(A | D, tables.Entry(0x4000_0000, level: 2) & (A | D));
    }

    [Theory]
    [InlineData(0UL, false, A)]
    [InlineData(0UL, true, A | D)]
    [InlineData(Wide, false, A)]
    [InlineData(Wide, true, A | D)]
    public void Accesses_leave_their_bits_in_page_and_directory(ulong cr4, bool write, ulong bits)
    {
        using Guest guest = Create(cr4, efer: 0, user: false, out NarrowTables tables);
        tables.Map(0x4000_0000, Guest.Data, P | W);
        Load(guest, cr4);
        guest.Assemble(assembler =>
        {
            if (write)
                assembler.mov(__[ebx], eax);
            else
                assembler.mov(eax, __[ebx]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rbx = 0x4000_0000 });
        guest.RunToHalt();
        Assert.Equal(bits, tables.Entry(0x4000_0000) & (A | D));
        Assert.Equal(A, tables.Entry(0x4000_0000, level: 2) & (A | D));
    }

    // The four pointers are looked at when CR3 is loaded: later changes are not seen, and reserved bits are the load's fault.
    [Fact]
    public void With_PAE_the_directory_pointers_are_those_of_the_load_of_CR3()
    {
        const ulong Linear = 0xC000_0000;
        const ulong Pointer = NarrowTables.Root + (3 * 8);
        using Guest guest = Create(Wide, efer: 0, user: false, out NarrowTables tables);
        tables.Map(Linear, Guest.Data, P | W);
        Load(guest, Wide);
        guest.Write(Guest.Data, 5U);
        guest.Assemble(static assembler =>
        {
            assembler.mov(__dword_ptr[(uint)Pointer], 0);
            assembler.mov(eax, __[ebx]);
            assembler.mov(ecx, cr3);
            assembler.mov(cr3, ecx);
            assembler.mov(eax, __[ebx]);
        });
        guest.SetRegs(static regs => regs with { Rbx = Linear });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((PageFault, 0UL, 5UL), (frame.Vector, frame.Error, guest.Regs.Rax));
    }

    [Theory]
    [InlineData(1UL << 1)]
    [InlineData(1UL << 2)]
    [InlineData(1UL << 5)]
    [InlineData(1UL << 8)]
    [InlineData(NX)]
    [InlineData(TooFar)]
    public void With_PAE_a_reserved_bit_in_a_directory_pointer_refuses_CR3(ulong bit)
    {
        using Guest guest = Create(Wide, NoExecuteEnable, user: false, out _);
        Load(guest, Wide);
        guest.Write(NarrowTables.Root + 8, 0x12_0000 | P | bit);
        guest.Assemble(static assembler =>
        {
            assembler.mov(ecx, cr3);
            assembler.mov(cr3, ecx);
        });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL), (frame.Vector, frame.Error));
    }

    static void AssertFault(
        Action<Assembler> instruction, ulong flags, bool user, ulong cr0, ulong cr4, ulong efer, ulong error,
        ulong rip = Guest.Code)
    {
        using Guest guest = Create(cr4, efer, user, out NarrowTables tables);
        tables.Map(Target, Target, flags);
        Load(guest, cr4, cr0);
        guest.Assemble(instruction);
        guest.SetRegs(static regs => regs with { Rbx = Target });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((PageFault, error, rip), (frame.Vector, frame.Error, frame.Rip));
        Assert.Equal(Target, guest.Sregs.Cr2);
    }

    // The supervisor's own pages stay usable when users' are forbidden.
    static Guest Create(ulong cr4, ulong efer, bool user, out NarrowTables tables)
    {
        Guest guest = Guest.Protected();
        guest.HaltOnExceptions();
        if (user)
            guest.EnterUser();
        tables = new NarrowTables(guest.Memory, (cr4 & Wide) != 0);
        tables.MapIdentity(P | W | (user ? U : 0));
        foreach (ulong own in new[] { Guest.Gdt, Guest.Idt, Guest.Task, Guest.Handlers, Guest.KernelStack - 0x1000 })
            tables.Map(own, own, P | W);
        guest.Sregs = guest.Sregs with { Efer = efer };
        return guest;
    }

    static void Load(Guest guest, ulong cr4, ulong cr0 = 0)
    {
        KvmSregs sregs = guest.Sregs;
        sregs.Cr3 = NarrowTables.Root;
        sregs.Cr4 = cr4;
        sregs.Cr0 |= cr0 | (1UL << 31);
        guest.Sregs = sregs;
    }
}
