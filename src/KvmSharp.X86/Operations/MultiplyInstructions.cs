using System;
using System.Runtime.CompilerServices;
using Iced.Intel;
using KvmSharp.X86.Events;
using KvmSharp.X86.Operands;
using KvmSharp.X86.State;
using IcedRegister = Iced.Intel.Register;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>MUL, IMUL, DIV, IDIV, MULX.</summary>
static class MultiplyInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Mul, InterpretedOperation.Of(Multiply));
        InstructionTable.Add(Mnemonic.Imul, MakeSigned);
        InstructionTable.Add(Mnemonic.Mulx, InterpretedOperation.Of(MultiplyWithoutFlags));
        InstructionTable.Add(Mnemonic.Div, InterpretedOperation.Of(Divide));
        InstructionTable.Add(Mnemonic.Idiv, InterpretedOperation.Of(DivideSigned));
    }

    static DecodedInstruction? MakeSigned(in Decoded decoded) => decoded.Instruction.OpCount switch
    {
        1 => new InterpretedOperation(in decoded, MultiplySigned),
        2 => BinaryFactory.Make<SignedMultiplyOperation>(in decoded),
        _ => decoded.IsRegister(1)
            ? Forms.Size(in decoded, decoded.BitsOf(0), default(ConstantMaker))
            : new InterpretedOperation(in decoded, MultiplyByConstant),
    };

    readonly struct ConstantMaker : ISizedMaker
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new BinaryThree<SignedMultiplyOperation, TSize>(
                decoded.RegisterOf(0), decoded.RegisterOf(1), decoded.ImmediateOf(2));
    }

    static bool Multiply(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 0, out ulong right))
            return false;
        UInt128 product = (UInt128)Accumulator(cpu, bits) * right;
        WriteWide(cpu, bits, product);
        bool isWide = product >> bits != 0;
        SetFlags(ref cpu.State.Flags, Cpu.SignExtend((ulong)product, bits), isWide);
        return true;
    }

    static bool MultiplySigned(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 0, out ulong right))
            return false;
        Int128 product = (Int128)Cpu.SignExtend(Accumulator(cpu, bits), bits) * Cpu.SignExtend(right, bits);
        WriteWide(cpu, bits, (UInt128)product);
        long low = Cpu.SignExtend((ulong)product, bits);
        SetFlags(ref cpu.State.Flags, low, low != product);
        return true;
    }

    static bool MultiplyByConstant(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 1, out ulong left))
            return false;
        Int128 product = (Int128)Cpu.SignExtend(left, bits) * Cpu.SignExtend(instruction.GetImmediate(2), bits);
        long low = Cpu.SignExtend((ulong)product, bits);
        cpu.WriteRegister(instruction.Op0Register, (ulong)low);
        SetFlags(ref cpu.State.Flags, low, low != product);
        return true;
    }

    static bool MultiplyWithoutFlags(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 2, out ulong right))
            return false;
        ulong left = cpu.ReadRegister(bits == 64 ? IcedRegister.RDX : IcedRegister.EDX);
        UInt128 product = (UInt128)left * right;
        // The high half is written last: where both are one register, it stays.
        cpu.WriteRegister(instruction.Op1Register, (ulong)product);
        cpu.WriteRegister(instruction.Op0Register, (ulong)(product >> bits));
        return true;
    }

    static bool Divide(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 0, out ulong divisor))
            return false;
        UInt128 dividend = ReadWide(cpu, bits);
        // The quotient fits exactly when the upper half is less than the divisor.
        if (divisor == 0 || dividend >> bits >= divisor)
            return cpu.Raise(Vector.DivideError);
        ulong quotient, remainder;
        if (dividend >> 64 == 0)
        {
            (quotient, remainder) = Math.DivRem((ulong)dividend, divisor);
        }
        else
        {
            (UInt128 wideQuotient, UInt128 wideRemainder) = UInt128.DivRem(dividend, divisor);
            quotient = (ulong)wideQuotient;
            remainder = (ulong)wideRemainder;
        }
        WriteQuotient(cpu, bits, quotient, remainder);
        return true;
    }

    static bool DivideSigned(Cpu cpu, in Instruction instruction)
    {
        int bits = cpu.BitsOf(in instruction, 0);
        if (!cpu.TryRead(in instruction, 0, out ulong given))
            return false;
        UInt128 wide = ReadWide(cpu, bits);
        if (bits < 64)
            return DivideSigned(cpu, bits, Cpu.SignExtend((ulong)wide, 2 * bits), Cpu.SignExtend(given, bits));
        Int128 divisor = (long)given;
        var dividend = (Int128)wide;
        if (divisor == 0 || (divisor == -1 && dividend == Int128.MinValue))
            return cpu.Raise(Vector.DivideError);
        (Int128 quotient, Int128 remainder) = Int128.DivRem(dividend, divisor);
        if (Cpu.SignExtend((ulong)quotient, bits) != quotient)
            return cpu.Raise(Vector.DivideError);
        WriteQuotient(cpu, bits, (ulong)quotient, (ulong)remainder);
        return true;
    }

    // A dividend of up to 64 bits.
    static bool DivideSigned(Cpu cpu, int bits, long dividend, long divisor)
    {
        if (divisor == 0 || (divisor == -1 && dividend == long.MinValue))
            return cpu.Raise(Vector.DivideError);
        (long quotient, long remainder) = Math.DivRem(dividend, divisor);
        if (Cpu.SignExtend((ulong)quotient, bits) != quotient)
            return cpu.Raise(Vector.DivideError);
        WriteQuotient(cpu, bits, (ulong)quotient, (ulong)remainder);
        return true;
    }

    static void SetFlags(ref LazyFlags flags, long low, bool isWide) =>
        flags.SetExplicit(low, isWide ? RFlags.CF | RFlags.OF : 0);

    static ulong Accumulator(Cpu cpu, int bits) => cpu.State.Registers[Register.Rax] & Cpu.MaskOf(bits);

    // AX, or the accumulator's upper half in (R|E)DX.
    static UInt128 ReadWide(Cpu cpu, int bits) => bits == 8
        ? (ushort)cpu.State.Registers[Register.Rax]
        : ((UInt128)(cpu.State.Registers[Register.Rdx] & Cpu.MaskOf(bits)) << bits) | Accumulator(cpu, bits);

    static void WriteWide(Cpu cpu, int bits, UInt128 value)
    {
        if (bits == 8)
        {
            Word16.Write(ref cpu.State.Registers, Register.Rax, (ulong)value);
            return;
        }
        cpu.WriteGeneral(Register.Rax, bits, (ulong)value);
        cpu.WriteGeneral(Register.Rdx, bits, (ulong)(value >> bits));
    }

    static void WriteQuotient(Cpu cpu, int bits, ulong quotient, ulong remainder)
    {
        if (bits == 8)
        {
            Word16.Write(ref cpu.State.Registers, Register.Rax, (byte)quotient | ((ulong)(byte)remainder << 8));
            return;
        }
        cpu.WriteGeneral(Register.Rax, bits, quotient);
        cpu.WriteGeneral(Register.Rdx, bits, remainder);
    }
}

/// <summary>IMUL with two operands: the product cut to its size; CF and OF say whether anything was cut.</summary>
readonly struct SignedMultiplyOperation : IBinaryOperation
{
    public static bool Writes => true;

    public static FlagUse FlagUse => FlagUse.Replaces;

    public static bool HasResult => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Result<TSize>(ulong left, ulong right)
        where TSize : struct, IOperandSize => left * right;

    public static ulong Apply<TSize>(ref LazyFlags flags, ulong left, ulong right)
        where TSize : struct, IOperandSize
    {
        long high = Math.BigMul(TSize.SignExtend(left), TSize.SignExtend(right), out long product);
        long low = TSize.SignExtend((ulong)product);
        bool isWide = low != product || high != product >> 63;
        flags.SetExplicit(low, isWide ? RFlags.CF | RFlags.OF : 0);
        return (ulong)low;
    }
}
