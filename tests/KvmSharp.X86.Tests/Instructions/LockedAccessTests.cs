using System;
using System.Collections.Generic;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Instructions;

/// <summary>Atomic instructions across cache lines and pages: right when both are there, without a trace when one is not.</summary>
public sealed class LockedAccessTests
{
    const ulong Line = 0x30_0040;
    const ulong Border = 0x30_1000;
    const ulong Before = 0x0102_0304_0506_0708;
    const ulong Rax = Before;
    const ulong Rcx = 0x1111_1111_1111_1111;
    const int PageFault = 14;
    const int GeneralProtection = 13;

    // On a quadword at RBX that holds what RAX does: the instruction, and what is there afterwards.
    static readonly Dictionary<string, (Action<Assembler> Instruction, ulong After)> _instructions = new()
    {
        ["lock add"] = (static a => a.@lock.add(__qword_ptr[rbx], rcx), Before + Rcx),
        ["lock sub"] = (static a => a.@lock.sub(__qword_ptr[rbx], rcx), unchecked(Before - Rcx)),
        ["lock xor"] = (static a => a.@lock.xor(__qword_ptr[rbx], rcx), Before ^ Rcx),
        ["lock or imm"] = (static a => a.@lock.or(__qword_ptr[rbx], -1), ulong.MaxValue),
        ["lock inc"] = (static a => a.@lock.inc(__qword_ptr[rbx]), Before + 1),
        ["lock neg"] = (static a => a.@lock.neg(__qword_ptr[rbx]), unchecked(0 - Before)),
        ["lock not"] = (static a => a.@lock.not(__qword_ptr[rbx]), ~Before),
        ["lock bts"] = (static a => a.@lock.bts(__qword_ptr[rbx], 63), Before | (1UL << 63)),
        ["lock xadd"] = (static a => a.@lock.xadd(__[rbx], rcx), Before + Rcx),
        ["xchg"] = (static a => a.xchg(__[rbx], rcx), Rcx),
        ["lock cmpxchg"] = (static a => a.@lock.cmpxchg(__[rbx], rcx), Rcx),
        ["lock cmpxchg8b"] = (static a => a.@lock.cmpxchg8b(__qword_ptr[rbx]), 0),
    };

    public static TheoryData<string, ulong> Places
    {
        get
        {
            TheoryData<string, ulong> places = [];
            foreach (string name in _instructions.Keys)
            {
                foreach (ulong address in new[] { Line, Line + 3, Line + 0x3C, Border - 8, Border - 4, Border - 1 })
                    places.Add(name, address);
            }
            return places;
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Wherever_it_lies(string instruction, ulong address)
    {
        using Guest guest = Create(instruction, address);
        guest.RunToHalt();
        ulong expected = instruction == "lock cmpxchg8b" ? (Rcx << 32) | (uint)address : _instructions[instruction].After;
        Assert.Equal($"{expected:x}", $"{guest.Read<ulong>(address):x}");
        Assert.Equal((0UL, 0UL), (guest.Read<ulong>(address - 8), guest.Read<ulong>(address + 8)));
    }

    // A write's fault, at the page that is missing or read-only, and the first page and the registers are as they were.
    [Theory]
    [InlineData("lock add", 0UL, 2UL)]
    [InlineData("lock xadd", 0UL, 2UL)]
    [InlineData("xchg", 0UL, 2UL)]
    [InlineData("lock cmpxchg", 0UL, 2UL)]
    [InlineData("lock cmpxchg8b", 0UL, 2UL)]
    [InlineData("lock bts", 0UL, 2UL)]
    [InlineData("lock add", 1UL, 3UL)]
    [InlineData("xchg", 1UL, 3UL)]
    [InlineData("lock cmpxchg", 1UL, 3UL)]
    public void A_fault_on_the_second_page_leaves_no_trace(string instruction, ulong flags, ulong error)
    {
        const ulong WriteProtect = 1UL << 16;
        using Guest guest = Create(instruction, Border - 3);
        guest.HaltOnExceptions();
        guest.Sregs = guest.Sregs with { Cr0 = guest.Sregs.Cr0 | WriteProtect };
        guest.Tables.Map(Border, Border, flags);
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((PageFault, error, Guest.Code, Border), (frame.Vector, frame.Error, frame.Rip, guest.Sregs.Cr2));
        Assert.Equal((Before, Rax, Rcx), (guest.Read<ulong>(Border - 3), guest.Regs.Rax, guest.Regs.Rcx));
    }

    // Sixteen bytes have to be aligned.
    [Theory]
    [InlineData(Line, true)]
    [InlineData(Line + 8, false)]
    [InlineData(Border - 8, false)]
    public void CMPXCHG16B_wants_alignment(ulong address, bool isAligned)
    {
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Assemble(static assembler =>
        {
            assembler.@lock.cmpxchg16b(__xmmword_ptr[rsi]);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rsi = address, Rbx = 5, Rcx = 6 });
        KvmRegs regs = guest.RunToHalt();
        if (isAligned)
            Assert.Equal((5UL, 6UL), (guest.Read<ulong>(address), guest.Read<ulong>(address + 8)));
        else
            Assert.Equal(Guest.Handlers + (GeneralProtection * 16) + 1, regs.Rip);
    }

    // LOCK goes with a destination in memory of an instruction that reads and writes it, and with nothing else.
    [Theory]
    [InlineData(new byte[] { 0xF0, 0x48, 0x01, 0xC8 })] // lock add rax, rcx
    [InlineData(new byte[] { 0xF0, 0x48, 0x03, 0x03 })] // lock add rax, [rbx]
    [InlineData(new byte[] { 0xF0, 0x48, 0x89, 0x03 })] // lock mov [rbx], rax
    [InlineData(new byte[] { 0xF0, 0x48, 0x39, 0x03 })] // lock cmp [rbx], rax
    [InlineData(new byte[] { 0xF0, 0x48, 0x0F, 0xA3, 0x03 })] // lock bt [rbx], rax
    [InlineData(new byte[] { 0xF0, 0x48, 0xD1, 0x23 })] // lock shl [rbx], 1
    [InlineData(new byte[] { 0xF0, 0x90 })] // lock nop
    public void LOCK_elsewhere_is_undefined(byte[] code)
    {
        const int InvalidOpcode = 6;
        using Guest guest = Guest.Long();
        guest.HaltOnExceptions();
        guest.Write(Guest.Code, code);
        guest.SetRegs(static regs => regs with { Rbx = Line });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((InvalidOpcode, Guest.Code), (frame.Vector, frame.Rip));
    }

    static Guest Create(string instruction, ulong address)
    {
        Guest guest = Guest.Long();
        guest.Assemble(assembler =>
        {
            _instructions[instruction].Instruction(assembler);
            assembler.hlt();
        });
        guest.Write(address, Before);
        // CMPXCHG8B compares EDX:EAX and puts ECX:EBX there.
        guest.SetRegs(regs => regs with { Rax = Rax, Rbx = address, Rcx = Rcx, Rdx = Rax >> 32 });
        return guest;
    }
}
