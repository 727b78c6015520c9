using System;
using System.Collections.Generic;
using System.IO;
using Iced.Intel;
using KvmSharp.Backends;
using KvmSharp.X86.Tests.Guests;
using KvmSharp.X86.Tests.Oracle;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Paging;

/// <summary>Addresses that are none: #SS with the stack segment, else #GP, both with an error code of zero.</summary>
public sealed class CanonicalTests
{
    const int StackFault = 12;
    const int GeneralProtection = 13;
    const ulong Bad = 1UL << 47;

    // RBX, RBP, RSI, RDI hold an address that is none.
    static readonly Dictionary<string, (Action<Assembler> Instruction, int Vector)> _accesses = new()
    {
        ["mov rax, [rbx]"] = (static a => a.mov(rax, __[rbx]), GeneralProtection),
        ["mov [rbx], al"] = (static a => a.mov(__[rbx], al), GeneralProtection),
        ["mov rax, [rbp]"] = (static a => a.mov(rax, __[rbp]), StackFault),
        ["mov rax, ds:[rbp]"] = (static a => a.mov(rax, __.ds[rbp]), StackFault),
        ["mov rax, fs:[rbp]"] = (static a => a.mov(rax, __.fs[rbp]), GeneralProtection),
        ["mov rax, gs:[rbp]"] = (static a => a.mov(rax, __.gs[rbp]), GeneralProtection),
        ["mov rax, [rbx+rcx]"] = (static a => a.mov(rax, __[rbx + rcx]), GeneralProtection),
        ["add [rbx], rax"] = (static a => a.add(__[rbx], rax), GeneralProtection),
        ["add [rbp], rax"] = (static a => a.add(__[rbp], rax), StackFault),
        ["lock add [rbp], rax"] = (static a => a.@lock.add(__[rbp], rax), StackFault),
        ["xchg [rbp], rax"] = (static a => a.xchg(__[rbp], rax), StackFault),
        ["cmpxchg16b [rbx]"] = (static a => a.cmpxchg16b(__xmmword_ptr[rbx]), GeneralProtection),
        ["cmpxchg16b [rbp]"] = (static a => a.cmpxchg16b(__xmmword_ptr[rbp]), StackFault),
        ["shl qword [rbp], 1"] = (static a => a.shl(__qword_ptr[rbp], 1), StackFault),
        ["bts [rbp], rcx"] = (static a => a.bts(__[rbp], rcx), StackFault),
        ["mul qword [rbp]"] = (static a => a.mul(__qword_ptr[rbp]), StackFault),
        ["movaps xmm0, [rbx]"] = (static a => a.movaps(xmm0, __[rbx]), GeneralProtection),
        ["movups [rbp], xmm0"] = (static a => a.movups(__[rbp], xmm0), StackFault),
        ["addsd xmm0, [rbp]"] = (static a => a.addsd(xmm0, __[rbp]), StackFault),
        ["fld qword [rbp]"] = (static a => a.fld(__qword_ptr[rbp]), StackFault),
        ["fnstsw [rbx]"] = (static a => a.fnstsw(__word_ptr[rbx]), GeneralProtection),
        ["fxsave [rbp]"] = (static a => a.fxsave(__[rbp]), StackFault),
        ["movsb"] = (static a => a.movsb(), GeneralProtection),
        ["stosq"] = (static a => a.stosq(), GeneralProtection),
        ["scasd"] = (static a => a.scasd(), GeneralProtection),
        ["cmpsw"] = (static a => a.cmpsw(), GeneralProtection),
        ["push [rbx]"] = (static a => a.push(__qword_ptr[rbx]), GeneralProtection),
        ["push [rbp]"] = (static a => a.push(__qword_ptr[rbp]), StackFault),
        ["pop [rbx]"] = (static a => a.pop(__qword_ptr[rbx]), GeneralProtection),
        ["call [rbx]"] = (static a => a.call(__qword_ptr[rbx]), GeneralProtection),
        ["jmp [rbp]"] = (static a => a.jmp(__qword_ptr[rbp]), StackFault),
        ["leave"] = (static a => a.leave(), StackFault),
        ["lgdt [rbx]"] = (static a => a.lgdt(__[rbx]), GeneralProtection),
        ["sidt [rbp]"] = (static a => a.sidt(__[rbp]), StackFault),
        ["lldt [rbx]"] = (static a => a.lldt(__word_ptr[rbx]), GeneralProtection),
        ["mov es, [rbp]"] = (static a => a.mov(es, __word_ptr[rbp]), StackFault),
        ["clflush [rbx]"] = (static a => a.clflush(__byte_ptr[rbx]), GeneralProtection),
        ["ldmxcsr [rbp]"] = (static a => a.ldmxcsr(__dword_ptr[rbp]), StackFault),
        ["xlatb"] = (static a => a.xlatb(), GeneralProtection),
    };

    // RSP holds an address that is none.
    static readonly Dictionary<string, Action<Assembler>> _stack = new()
    {
        ["push"] = static a => a.push(rax),
        ["pop"] = static a => a.pop(rax),
        ["pushfq"] = static a => a.pushfq(),
        ["popfq"] = static a => a.popfq(),
        ["call"] = static a => a.call(Guest.Code),
        ["ret"] = static a => a.ret(),
        ["retf"] = static a => a.retf(),
        ["iretq"] = static a => a.iretq(),
        ["enter"] = static a => a.enter(16, 0),
        ["push fs"] = static a => a.push(fs),
        ["mov rax, [rsp+8]"] = static a => a.mov(rax, __[rsp + 8]),
    };

    public static TheoryData<string> Accesses => [.. _accesses.Keys];

    public static TheoryData<string> Stack => [.. _stack.Keys];

    [Theory]
    [MemberData(nameof(Accesses))]
    public void An_access_to_an_address_that_is_none(string instruction)
    {
        using Guest guest = Create();
        guest.Assemble(_accesses[instruction].Instruction);
        guest.SetRegs(static regs => regs with { Rbx = Bad, Rbp = Bad, Rsi = Bad, Rdi = Bad, Rcx = 64 });

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((_accesses[instruction].Vector, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
        Assert.Equal((Bad, Bad, Bad), (guest.Regs.Rbp, guest.Regs.Rsi, guest.Regs.Rdi));
    }

    // What programs may execute, the host's CPU tells as well.
    [Theory]
    [MemberData(nameof(Accesses))]
    public void The_same_on_the_hosts_CPU(string instruction)
    {
        if (HardwareOracle.TryOpen(out _) is not { } oracle)
            return;
        UserState state = new();
        state.Reset();
        state.Gprs[3] = state.Gprs[5] = state.Gprs[6] = state.Gprs[7] = Bad;
        state.Gprs[1] = 64;
        state.Gprs[4] = oracle.WindowAddress + 512;
        Assembler assembler = new(64);
        _accesses[instruction].Instruction(assembler);
        // Linux gives programs another answer to these.
        if (assembler.Instructions[0].IsPrivileged || assembler.Instructions[0].Mnemonic == Mnemonic.Sidt)
            return;
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), oracle.NextAddress);

        int vector = oracle.Run(oracle.Place(stream.ToArray()), state);

        Assert.Equal(_accesses[instruction].Vector, vector);
    }

    [Theory]
    [MemberData(nameof(Stack))]
    public void A_stack_pointer_that_is_none(string instruction)
    {
        using Guest guest = Create();
        guest.Assemble(_stack[instruction]);
        guest.SetRegs(static regs => regs with { Rsp = ulong.MaxValue >> 1 });

        ExceptionFrame frame = guest.RunToException();

        Assert.Equal((StackFault, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
        Assert.Equal(ulong.MaxValue >> 1, guest.Read<ulong>(guest.Regs.Rsp + 32));
    }

    // The first byte is an address, the last is not; and the other way round below the upper half.
    [Theory]
    [InlineData((1UL << 47) - 1)]
    [InlineData((1UL << 47) - 7)]
    [InlineData(0xFFFF_7FFF_FFFF_FFFFUL)]
    [InlineData(0xFFFF_7FFF_FFFF_FFF9UL)]
    public void An_access_across_the_border(ulong address)
    {
        using Guest guest = Create();
        guest.Assemble(static assembler => assembler.mov(rax, __[rbx]));
        guest.SetRegs(regs => regs with { Rbx = address });
        Assert.Equal(GeneralProtection, guest.RunToException().Vector);
    }

    // What takes an address into a register looks at it; the breakpoint registers and INVLPG do not.
    [Fact]
    public void Registers_that_hold_addresses_refuse_others()
    {
        AssertRefused(static a => a.wrmsr(), 0xC000_0100); // FS.base
        AssertRefused(static a => a.wrmsr(), 0xC000_0102); // kernel GS.base
        AssertRefused(static a => a.wrmsr(), 0xC000_0082); // LSTAR
        AssertRefused(static a => a.wrmsr(), 0x175); // SYSENTER_ESP
        AssertRefused(static a => a.lgdt(__[Guest.Data]), 0);
        AssertRefused(static a => a.lidt(__[Guest.Data]), 0);
        AssertRefused(static a => a.wrfsbase(rbx), 0);
    }

    [Fact]
    public void Breakpoint_registers_and_INVLPG_take_any_address()
    {
        using Guest guest = Create();
        guest.Assemble(static assembler =>
        {
            assembler.mov(dr0, rbx);
            assembler.invlpg(__[rbx]);
            assembler.mov(rax, dr0);
            assembler.hlt();
        });
        guest.SetRegs(static regs => regs with { Rbx = Bad });
        Assert.Equal(Bad, guest.RunToHalt().Rax);
    }

    static void AssertRefused(Action<Assembler> instruction, ulong number)
    {
        using Guest guest = Create();
        guest.Write(Guest.Data + 2, Bad);
        guest.Assemble(instruction);
        guest.SetRegs(regs => regs with { Rbx = Bad, Rcx = number, Rdx = Bad >> 32 });
        ExceptionFrame frame = guest.RunToException();
        Assert.Equal((GeneralProtection, 0UL, Guest.Code), (frame.Vector, frame.Error, frame.Rip));
    }

    static Guest Create()
    {
        const ulong FloatingPoint = 1UL << 9;
        const ulong FsGsBase = 1UL << 16;
        Guest guest = Guest.Long();
        guest.HaltOnExceptions(stackTable: 1);
        guest.Write(Guest.Task + 0x24, 0x5_0000UL);
        KvmSregs sregs = guest.Sregs;
        sregs.Cr4 |= FloatingPoint | FsGsBase;
        guest.Sregs = sregs;
        return guest;
    }
}
