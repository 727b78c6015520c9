using System.Linq;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Events;

/// <summary>Repeated string instructions that something comes in between of: they stop between items and go on where they were.</summary>
public sealed class RepeatedInstructionTests
{
    const ulong Hole = 0x30_1000;
    const int PageFault = 14;
    const ulong InterruptFlag = 0x200;
    const ulong DirectionFlag = 0x400;
    const ulong Zero = 0x40;
    const byte Vector = 0x40;

    // The page that is missing is mapped by the handler; then all has been copied, once.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_goes_on_behind_a_page_fault(bool down)
    {
        const int Bytes = 0x40;
        using Guest guest = Guest.Long();
        guest.Tables.Map(Hole, Hole, 0);
        ulong entry = guest.Tables.EntryAt(Hole).Value;
        guest.SetGate(PageFault, Guest.Handlers);
        guest.Assemble(assembler =>
        {
            assembler.mov(r8, rcx);
            assembler.mov(r9, rdi);
            assembler.mov(r10, cr2);
            assembler.add(rsp, 8);
            assembler.or(__qword_ptr[(long)entry], 3);
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.rep.movsw();
            assembler.hlt();
        });
        byte[] pattern = [.. Enumerable.Range(1, Bytes).Select(i => (byte)i)];
        guest.Write(Guest.Data, pattern);
        // Upwards the copy runs into the hole, downwards out of the page behind it; one item lies across the border.
        ulong start = down ? Hole + 0x1000 - 0x1F : Hole - 0x1F;
        guest.SetRegs(regs => regs with
        {
            Rsi = down ? Guest.Data + Bytes - 2 : Guest.Data,
            Rdi = down ? start + Bytes - 2 : start,
            Rcx = Bytes / 2,
            Rflags = 2 | (down ? DirectionFlag : 0),
        });
        KvmRegs regs = guest.RunToHalt();
        byte[] copied = new byte[Bytes];
        guest.Memory.TryRead(new Addresses.Gpa(start), copied, out _);
        Assert.Equal(pattern, copied);
        // The sixteenth item from below is the one across the border.
        Assert.Equal((0UL, down ? 16UL : 17UL, start + 0x1E), (regs.Rcx, regs.R8, regs.R9));
        Assert.Equal(Hole, regs.R10 & ~0xFFFUL);
    }

    // A comparison whose second operand faults: pointers and count at the item, flags those of the item before.
    [Fact]
    public void A_comparison_that_faults_has_counted_the_items_before()
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Tables.Map(Hole, 0, 0);
        guest.Assemble(static assembler => assembler.repe.cmpsb());
        guest.SetRegs(static regs => regs with { Rsi = Guest.Data, Rdi = Hole - 3, Rcx = 10 });
        ExceptionFrame frame = guest.RunToException();
        KvmRegs regs = guest.Regs;
        Assert.Equal((PageFault, 0UL, Guest.Code, Zero), (frame.Vector, frame.Error, frame.Rip, frame.Flags & Zero));
        Assert.Equal((Guest.Data + 3, Hole, 7UL), (regs.Rsi, regs.Rdi, regs.Rcx));
    }

    // The first item is a device's, so the owner comes in between and brings an interrupt along.
    [Fact]
    public void An_interrupt_comes_between_items_and_the_rest_follows()
    {
        const ulong Device = 0x4000_0000;
        const ulong Items = 3000;
        using Guest guest = Guest.Long();
        guest.Tables.Map(Device, Device, 3);
        guest.Tables.Map(Device + 0x1000, 0x40_0000, 3);
        guest.SetGate(Vector, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.mov(r8, rcx);
            assembler.mov(r9, rdi);
            assembler.mov(r10, __[rsp]);
            assembler.iretq();
        }, Guest.Handlers);
        guest.Assemble(static assembler =>
        {
            assembler.rep.stosb();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rdi = Device + 0xFFF, Rcx = Items, Rax = 0x5A, Rflags = 2 | InterruptFlag });
        Assert.Equal(VcpuExitReason.Mmio, guest.Run());
        guest.Vcpu.Interrupt(Vector);
        KvmRegs regs = guest.RunToHalt();
        Assert.InRange(regs.R8, 1UL, Items - 1);
        Assert.Equal((Device + 0xFFF + Items - regs.R8, Guest.Code), (regs.R9, regs.R10));
        Assert.Equal((0UL, Device + 0xFFF + Items), (regs.Rcx, regs.Rdi));
        byte[] stored = new byte[Items];
        guest.Memory.TryRead(new Addresses.Gpa(0x40_0000), stored, out _);
        Assert.Equal([.. Enumerable.Repeat((byte)0x5A, (int)Items - 1), 0], stored);
    }

    // No item at all: nothing is touched, whatever the pointers, and no flag changes.
    [Fact]
    public void No_items_touch_nothing()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            assembler.rep.movsq();
            assembler.repne.scasb();
            assembler.repe.cmpsd();
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rsi = 1UL << 63, Rdi = 1UL << 63, Rflags = 0x8D7 });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal((1UL << 63, 1UL << 63, 0x8D7UL), (regs.Rsi, regs.Rdi, regs.Rflags));
    }
}
