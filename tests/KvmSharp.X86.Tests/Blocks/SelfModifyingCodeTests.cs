using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Blocks;

/// <summary>Code that is written – by itself, by another vCPU, by the host, by a change of slots – is executed as it is then.</summary>
public sealed class SelfModifyingCodeTests
{
    const byte MovAl = 0xB0;
    const byte Halt = 0xF4;
    const byte Nop = 0x90;

    [Fact]
    public void The_next_instruction_is_what_was_just_written_there()
    {
        using Guest guest = Guest.Long();
        // mov byte [next+1], 7; next: mov al, 1; hlt
        guest.Write(Guest.Code, 0xC6, 0x05, 0x01, 0, 0, 0, 7, MovAl, 1, Halt);
        Assert.Equal(7UL, guest.RunToHalt().Rax & 0xFF);
        Assert.Equal(1, guest.Vcpu.Statistics.CodeInvalidations);
    }

    // mov al, 1; hlt lies behind what writes the 1: a store of any kind, seen by the next instruction of the same block.
    [Theory]
    [InlineData("mov")]
    [InlineData("push")]
    [InlineData("lock xadd")]
    [InlineData("xchg")]
    [InlineData("stosb")]
    [InlineData("rep stosb")]
    [InlineData("movsb")]
    [InlineData("movups")]
    [InlineData("setae")]
    [InlineData("cmpxchg8b")]
    [InlineData("fistp")]
    public void Whatever_stores_is_seen_by_the_next_instruction(string store)
    {
        const ulong FloatingPoint = 1UL << 9;
        const ulong Operand = Guest.Code + 0x41;
        using Guest guest = Guest.Long();
        guest.Sregs = guest.Sregs with { Cr4 = guest.Sregs.Cr4 | FloatingPoint };
        guest.Write(Guest.Data, 7, Halt);
        // In memory as the code shall be: mov al, 7; hlt.
        guest.Write(Guest.Data + 0x100, 7, Halt, Nop, Nop, Nop, Nop, Nop, Nop);
        ulong end = guest.Assemble(assembler => Store(assembler, store));
        // Behind the store: NOPs up to the instruction that it has written.
        for (ulong at = end; at < Operand - 1; at++)
            guest.Write(at, Nop);
        guest.Write(Operand - 1, MovAl, 1, Halt, Nop, Nop, Nop, Nop, Nop, Nop, Nop);
        guest.SetRegs(regs => regs with
        {
            Rax = 7,
            Rcx = store == "rep stosb" ? 1UL : 7,
            Rdx = 0,
            Rsi = Guest.Data,
            Rdi = Operand,
            Rsp = store == "push" ? Operand + 8 : Guest.Stack,
            Rflags = 3,
        });
        KvmRegs regs = guest.RunToHalt();
        Assert.Equal(guest.Read<byte>(Operand), (byte)regs.Rax);
        Assert.NotEqual(1UL, regs.Rax & 0xFF);
    }

    // The store lies in one page, what it writes at the start of the next, and they run one after the other.
    [Fact]
    public void Code_in_the_next_page_is_what_was_just_written_there()
    {
        using Guest guest = Guest.Long();
        const ulong Next = 0xA000;
        // mov byte [next+1], 7 ends with its page.
        guest.Write(Next - 7, 0xC6, 0x05, 0x01, 0, 0, 0, 7, MovAl, 1, Halt);
        for (byte value = 7; value < 10; value++)
        {
            guest.Write(Next - 1, value);
            guest.SetRegs(static regs => regs with { Rip = Next - 7 });
            Assert.Equal(value, (byte)guest.RunToHalt().Rax);
        }
    }

    // An instruction across two pages that changes its own second half: it runs as it was, and next time as it is.
    [Fact]
    public void An_instruction_that_writes_itself_runs_as_it_was()
    {
        using Guest guest = Guest.Long();
        const ulong Start = 0xA000 - 3;
        // add byte [its own last byte], 7
        guest.Write(Start, 0x80, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 7, Halt);
        foreach (byte after in new byte[] { 14, 28, 56 })
        {
            guest.SetRegs(static regs => regs with { Rip = Start });
            guest.RunToHalt();
            Assert.Equal(after, guest.Read<byte>(Start + 6));
        }
    }

    static void Store(Iced.Intel.Assembler assembler, string store)
    {
        switch (store)
        {
            case "mov":
                assembler.mov(__[rdi], al);
                break;
            case "push":
                assembler.push(__qword_ptr[(long)(Guest.Data + 0x100)]);
                break;
            case "lock xadd":
                assembler.@lock.xadd(__[rdi], cl);
                break;
            case "xchg":
                assembler.xchg(__[rdi], cl);
                break;
            case "stosb":
                assembler.stosb();
                break;
            case "rep stosb":
                assembler.rep.stosb();
                break;
            case "movsb":
                assembler.movsb();
                break;
            case "movups":
                assembler.movups(xmm0, __[(long)(Guest.Data + 0x100)]);
                assembler.movups(__[rdi], xmm0);
                break;
            case "setae":
                // Carry is set, so this stores a zero.
                assembler.setae(__byte_ptr[rdi]);
                break;
            case "cmpxchg8b":
                // What is there is read into EDX:EAX, then exchanged.
                assembler.mov(rax, __qword_ptr[rdi]);
                assembler.mov(rdx, rax);
                assembler.shr(rdx, 32);
                assembler.mov(ebx, __dword_ptr[(long)(Guest.Data + 0x100)]);
                assembler.mov(ecx, edx);
                assembler.cmpxchg8b(__qword_ptr[rdi]);
                break;
            default:
                assembler.fild(__qword_ptr[(long)(Guest.Data + 0x100)]);
                assembler.fistp(__qword_ptr[rdi]);
                break;
        }
    }

    [Fact]
    public void A_loop_that_counts_in_its_own_instruction_counts()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            Iced.Intel.Label again = assembler.CreateLabel();
            assembler.mov(ecx, 50);
            assembler.Label(ref again);
            assembler.inc(__byte_ptr[(long)(Guest.Code + 0x20)]);
            assembler.dec(ecx);
            assembler.jne(again);
            assembler.jmp(Guest.Code + 0x1F);
        });
        guest.Write(Guest.Code + 0x1F, MovAl, 0, Halt);
        Assert.Equal(50UL, guest.RunToHalt().Rax & 0xFF);
    }

    [Fact]
    public void Data_beside_code_is_written_without_losing_the_code()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            Iced.Intel.Label again = assembler.CreateLabel();
            assembler.mov(ecx, 1000);
            assembler.Label(ref again);
            assembler.inc(__qword_ptr[(long)(Guest.Code + 0x800)]);
            assembler.dec(ecx);
            assembler.jne(again);
            assembler.hlt();
        });
        guest.RunToHalt();
        Assert.Equal(1000UL, guest.Read<ulong>(Guest.Code + 0x800));
        Assert.Equal(0, guest.Vcpu.Statistics.CodeInvalidations);
    }

    [Fact]
    public void An_instruction_across_two_pages_follows_both()
    {
        using Guest guest = Guest.Long();
        ulong start = 0x9FFF;
        guest.Write(start, MovAl, 1, Halt);
        guest.SetRegs(regs => regs with { Rip = start });
        Assert.Equal(1UL, guest.RunToHalt().Rax & 0xFF);
        guest.Write(start + 1, (byte)2);
        guest.SetRegs(regs => regs with { Rip = start });
        Assert.Equal(2UL, guest.RunToHalt().Rax & 0xFF);
    }

    [Fact]
    public void Code_written_by_the_host_is_seen()
    {
        using Guest guest = Guest.Long();
        guest.Write(Guest.Code, MovAl, 1, Halt);
        Assert.Equal(1UL, guest.RunToHalt().Rax & 0xFF);
        guest.Write(Guest.Code + 1, (byte)2);
        guest.SetRegs(regs => regs with { Rip = Guest.Code });
        Assert.Equal(2UL, guest.RunToHalt().Rax & 0xFF);
    }

    [Fact]
    public void Code_in_a_slot_that_is_replaced_is_that_of_the_new_one()
    {
        using Guest guest = Guest.Long();
        using var first = AnonymousMemory.Create(Page.Size);
        using var second = AnonymousMemory.Create(Page.Size);
        var at = new Gpa(0x4000_0000);
        guest.Tables.Map(at.Value, at.Value, PageTables.Present);
        SlotId slot = guest.Machine.Slots.Add(at, first);
        guest.Write(at.Value, MovAl, 1, Halt);
        guest.SetRegs(regs => regs with { Rip = at.Value });
        Assert.Equal(1UL, guest.RunToHalt().Rax & 0xFF);

        guest.Machine.Slots.Delete(slot);
        guest.Machine.Slots.Add(at, second);
        guest.Write(at.Value, Nop, MovAl, 2, Halt);
        guest.SetRegs(regs => regs with { Rip = at.Value });
        Assert.Equal(2UL, guest.RunToHalt().Rax & 0xFF);
    }

    [Fact]
    public void Code_in_memory_that_is_discarded_is_zeros_again()
    {
        using Guest guest = Guest.Long();
        using var memory = AnonymousMemory.Create(Page.Size);
        var at = new Gpa(0x4000_0000);
        guest.Tables.Map(at.Value, at.Value, PageTables.Present | PageTables.Writable);
        guest.Machine.Slots.Add(at, memory);
        guest.Write(at.Value, MovAl, 1, Halt);
        guest.SetRegs(regs => regs with { Rip = at.Value });
        guest.RunToHalt();
        memory.Discard(0, Page.Size);
        // Zeros are additions to [rax]; the next page has the HLT.
        guest.Write(at.Value + 4, Halt);
        guest.SetRegs(regs => regs with { Rip = at.Value, Rax = Guest.Data });
        Assert.Equal(at.Value + 5, guest.RunToHalt().Rip);
    }

    // One vCPU loops until the other has rewritten the loop into a way out.
    [Fact]
    public void Code_written_by_another_vCPU_is_seen_while_it_runs()
    {
        const byte ShortJump = 0xEB;
        using Guest guest = Guest.Long();
        SoftwareVcpu other = guest.Machine.CreateVcpu(new VcpuId(1));
        other.SetSregs(guest.Sregs);
        guest.Write(Guest.Code, Nop, ShortJump, 0xFD, Halt);
        ulong writer = 0xA000;
        guest.Assemble(static assembler =>
        {
            // jmp back becomes jmp on.
            assembler.mov(__byte_ptr[(long)(Guest.Code + 2)], 0);
            assembler.hlt();
        }, writer);
        other.SetRegs(new KvmRegs { Rip = writer, Rsp = Guest.Stack - 0x800, Rflags = 2 });
        VcpuExitReason reason = default;
        var looping = new Thread(() => reason = guest.Run());
        looping.Start();
        SpinWait.SpinUntil(() => guest.Vcpu.Core.Mode == VcpuMode.InGuestMode);
        Assert.Equal(VcpuExitReason.Hlt, other.Run().Reason);
        Assert.True(looping.Join(30_000), "the loop was not left");
        Assert.Equal(VcpuExitReason.Hlt, reason);
    }
}
