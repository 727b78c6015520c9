using System;
using Iced.Intel;
using KvmSharp.X86.State;
using KvmSharp.X86.Tests.Guests;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KvmSharp.X86.Tests.Instructions;

/// <summary>Results and flags of 64-bit arithmetic by the manuals, from flags all clear and all set.</summary>
public sealed class ArithmeticTests
{
    const ulong C = RFlags.CF;
    const ulong P = RFlags.PF;
    const ulong A = RFlags.AF;
    const ulong Z = RFlags.ZF;
    const ulong S = RFlags.SF;
    const ulong O = RFlags.OF;
    const ulong Min = 1UL << 63;
    const ulong Max = Min - 1;

    [Theory]
    [InlineData(0UL, 0UL, 0UL, P | Z)]
    [InlineData(1UL, 2UL, 3UL, P)]
    [InlineData(0xFUL, 1UL, 0x10UL, A)]
    [InlineData(ulong.MaxValue, 1UL, 0UL, C | P | A | Z)]
    [InlineData(Max, 1UL, Min, P | A | S | O)]
    [InlineData(Min, Min, 0UL, C | P | Z | O)]
    public void Add(ulong left, ulong right, ulong result, ulong flags) =>
        AssertBinary(static assembler => assembler.add(rax, rcx), left, right, result, flags);

    [Theory]
    [InlineData(5UL, 5UL, 0UL, P | Z)]
    [InlineData(0UL, 1UL, ulong.MaxValue, C | P | A | S)]
    [InlineData(Min, 1UL, Max, P | A | O)]
    [InlineData(0x10UL, 1UL, 0xFUL, P | A)]
    [InlineData(Max, ulong.MaxValue, Min, C | P | S | O)]
    public void Subtract(ulong left, ulong right, ulong result, ulong flags)
    {
        AssertBinary(static assembler => assembler.sub(rax, rcx), left, right, result, flags);
        AssertBinary(static assembler => assembler.cmp(rax, rcx), left, right, left, flags);
    }

    [Theory]
    [InlineData(0xF0UL, 0x0FUL, 0UL, P | Z)]
    [InlineData(Min | 1, Min, Min, P | S)]
    public void And(ulong left, ulong right, ulong result, ulong flags)
    {
        AssertBinary(static assembler => assembler.and(rax, rcx), left, right, result, flags, ignored: A);
        AssertBinary(static assembler => assembler.test(rax, rcx), left, right, left, flags, ignored: A);
    }

    [Theory]
    [InlineData(0UL, 0UL, false, 0UL, P | Z)]
    [InlineData(0UL, 0UL, true, 1UL, 0UL)]
    [InlineData(ulong.MaxValue, 0UL, true, 0UL, C | P | A | Z)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, true, ulong.MaxValue, C | P | A | S)]
    [InlineData(Max, 0UL, true, Min, P | A | S | O)]
    public void Add_with_carry(ulong left, ulong right, bool carry, ulong result, ulong flags) =>
        AssertWithCarry(static assembler => assembler.adc(rax, rcx), left, right, carry, result, flags);

    [Theory]
    [InlineData(0UL, 0UL, true, ulong.MaxValue, C | P | A | S)]
    [InlineData(1UL, 0UL, true, 0UL, P | Z)]
    [InlineData(0UL, ulong.MaxValue, true, 0UL, C | P | A | Z)]
    [InlineData(Min, 0UL, true, Max, P | A | O)]
    public void Subtract_with_borrow(ulong left, ulong right, bool carry, ulong result, ulong flags) =>
        AssertWithCarry(static assembler => assembler.sbb(rax, rcx), left, right, carry, result, flags);

    [Theory]
    [InlineData(0UL, 1UL, 0UL)]
    [InlineData(0xFUL, 0x10UL, A)]
    [InlineData(Max, Min, P | A | S | O)]
    [InlineData(ulong.MaxValue, 0UL, P | A | Z)]
    public void Increment_leaves_the_carry(ulong value, ulong result, ulong flags)
    {
        AssertWithCarry(static assembler => assembler.inc(rax), value, 0, false, result, flags);
        AssertWithCarry(static assembler => assembler.inc(rax), value, 0, true, result, flags | C);
    }

    [Theory]
    [InlineData(1UL, 0UL, P | Z)]
    [InlineData(0UL, ulong.MaxValue, P | A | S)]
    [InlineData(Min, Max, P | A | O)]
    public void Decrement_leaves_the_carry(ulong value, ulong result, ulong flags)
    {
        AssertWithCarry(static assembler => assembler.dec(rax), value, 0, false, result, flags);
        AssertWithCarry(static assembler => assembler.dec(rax), value, 0, true, result, flags | C);
    }

    [Fact]
    public void A_32_bit_result_clears_the_upper_half_and_narrower_ones_leave_the_rest()
    {
        using Guest guest = Guest.Long();
        guest.Assemble(static assembler =>
        {
            assembler.mov(rax, ulong.MaxValue);
            assembler.mov(rcx, rax);
            assembler.mov(rdx, rax);
            assembler.mov(rbx, rax);
            assembler.add(eax, 1);
            assembler.mov(cx, 0);
            assembler.mov(dl, 0);
            assembler.mov(bh, 0);
            assembler.hlt();
        });
        Backends.KvmRegs regs = guest.RunToHalt();
        Assert.Equal(0UL, regs.Rax);
        Assert.Equal(0xFFFF_FFFF_FFFF_0000, regs.Rcx);
        Assert.Equal(0xFFFF_FFFF_FFFF_FF00, regs.Rdx);
        Assert.Equal(0xFFFF_FFFF_FFFF_00FF, regs.Rbx);
    }

    static void AssertWithCarry(
        Action<Assembler> instruction, ulong left, ulong right, bool carry, ulong result, ulong flags)
    {
        AssertOnce(instruction, left, right, carry ? C : 0, result, flags, RFlags.Arithmetic);
        AssertOnce(instruction, left, right, RFlags.Arithmetic & ~(carry ? 0 : C), result, flags, RFlags.Arithmetic);
    }

    static void AssertBinary(
        Action<Assembler> instruction, ulong left, ulong right, ulong result, ulong flags, ulong ignored = 0)
    {
        AssertOnce(instruction, left, right, 0, result, flags, RFlags.Arithmetic & ~ignored);
        AssertOnce(instruction, left, right, RFlags.Arithmetic, result, flags, RFlags.Arithmetic & ~ignored);
    }

    static void AssertOnce(
        Action<Assembler> instruction, ulong left, ulong right, ulong before, ulong result, ulong after, ulong compared)
    {
        using Guest guest = Guest.Long();
        guest.Assemble(assembler =>
        {
            instruction(assembler);
            assembler.hlt();
        });
        guest.SetRegs(regs => regs with { Rax = left, Rcx = right, Rflags = before | RFlags.AlwaysSet });
        Backends.KvmRegs regs = guest.RunToHalt();
        Assert.Equal($"{result:x} {after & compared:x}", $"{regs.Rax:x} {regs.Rflags & compared:x}");
    }
}
