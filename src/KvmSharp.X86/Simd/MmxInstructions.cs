using System;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Simd;

/// <summary>Enters MMX's instructions, and those of SSE that have an MMX register on one side.</summary>
/// <remarks>All but EMMS make the x87 stack full and put its top to zero, once nothing can fault any more.</remarks>
static class MmxInstructions
{
    internal static void Enter()
    {
        foreach (Code code in new[] { Code.Movd_mm_rm32, Code.Movq_mm_rm64, Code.Movq_mm_mmm64 })
            InstructionTable.Add(code, InterpretedOperation.Of(MoveIn));
        foreach (Code code in new[] { Code.Movd_rm32_mm, Code.Movq_rm64_mm, Code.Movq_mmm64_mm, Code.Movntq_m64_mm })
            InstructionTable.Add(code, InterpretedOperation.Of(MoveOut));
        InstructionTable.Add(Mnemonic.Movdq2q, InterpretedOperation.Of(MoveFromVector));
        InstructionTable.Add(Mnemonic.Movq2dq, InterpretedOperation.Of(MoveToVector));
        InstructionTable.Add(
            Mnemonic.Maskmovq, (in Decoded decoded) => VectorTransfers.MakeMaskedStore(in decoded, StoreMasked));
        InstructionTable.Add(Mnemonic.Emms, InterpretedOperation.Of(Leave));
        // Both kinds of registers, in one handler each.
        InstructionTable.Add(Mnemonic.Pmovmskb, InterpretedOperation.Of(Signs));
        InstructionTable.Add(Mnemonic.Pextrw, InterpretedOperation.Of(ExtractWord));
        InstructionTable.Add(Mnemonic.Pinsrw, InterpretedOperation.Of(InsertWord));
    }

    /// <summary>Whether an operation exists on MMX registers only.</summary>
    internal static bool IsKnown(Mnemonic mnemonic) => mnemonic == Mnemonic.Pshufw;

    /// <summary>mm op mm/m, and the conversions between both kinds.</summary>
    internal static bool Compute(Cpu cpu, in Instruction instruction)
    {
        // CVTPI2PS and CVTPI2PD from memory touch no MMX register, and so not x87 either.
        bool touchesMmx = instruction.Mnemonic is not (Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd)
            || instruction.Op1Kind == OpKind.Register;
        bool isConversion = FloatConversion.IsConversion(instruction.Mnemonic);
        if (isConversion && !cpu.TryEnterSse())
            return false;
        if (touchesMmx && !cpu.TryEnterMmx())
            return false;
        if (!TryReadSource(cpu, in instruction, out Vector128<byte> source))
            return false;
        if (!isConversion)
        {
            int destination = instruction.Op0Register.GetNumber();
            MmxInteger.TryExecute(
                instruction.Mnemonic, cpu.X87.Mm(destination), source.AsUInt64()[0],
                instruction.OpCount > 2 ? instruction.Immediate8 : (byte)0, out ulong result);
            cpu.X87.EnterMmx();
            cpu.X87.SetMm(destination, result);
            return true;
        }

        int to = instruction.Op0Register.GetNumber();
        bool toVector = instruction.Op0Register.IsXMM();
        Vector128<byte> old = toVector ? cpu.Xmm[to] : default;
        bool done = FloatConversion.TryExecute(instruction.Mnemonic, old, source, ref cpu.Mxcsr, out Vector128<byte> converted);
        if (touchesMmx)
            cpu.X87.EnterMmx();
        if (!done)
            return cpu.RaiseSimd();
        if (toVector)
            cpu.Xmm[to] = converted;
        else
            cpu.X87.SetMm(to, converted.AsUInt64()[0]);
        return true;
    }

    static bool MoveIn(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterMmx())
            return false;
        ulong value;
        if (instruction.Op1Register.IsMM())
            value = cpu.X87.Mm(instruction.Op1Register.GetNumber());
        else if (!cpu.TryRead(in instruction, 1, out value))
            return false;
        cpu.X87.EnterMmx();
        cpu.X87.SetMm(instruction.Op0Register.GetNumber(), value);
        return true;
    }

    static bool MoveOut(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterMmx())
            return false;
        ulong value = cpu.X87.Mm(instruction.Op1Register.GetNumber());
        if (instruction.Op0Register.IsMM())
        {
            cpu.X87.EnterMmx();
            cpu.X87.SetMm(instruction.Op0Register.GetNumber(), value);
            return true;
        }

        if (!cpu.TryWrite(in instruction, 0, value))
            return false;
        cpu.X87.EnterMmx();
        return true;
    }

    static bool MoveFromVector(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse() || !cpu.TryEnterMmx())
            return false;
        cpu.X87.EnterMmx();
        cpu.X87.SetMm(instruction.Op0Register.GetNumber(), cpu.Xmm[instruction.Op1Register.GetNumber()].AsUInt64()[0]);
        return true;
    }

    static bool MoveToVector(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse() || !cpu.TryEnterMmx())
            return false;
        cpu.X87.EnterMmx();
        cpu.Xmm[instruction.Op0Register.GetNumber()] =
            Vector128.CreateScalar(cpu.X87.Mm(instruction.Op1Register.GetNumber())).AsByte();
        return true;
    }

    static bool StoreMasked(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterMmx()
            || !cpu.TryLinear(in instruction, sizeof(ulong), write: true, out ulong linear)
            || !cpu.TryProbeWrite(linear, sizeof(ulong)))
            return false;
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BitConverter.TryWriteBytes(value, cpu.X87.Mm(instruction.Op1Register.GetNumber()));
        Vector128<byte> mask = Vector128.CreateScalar(cpu.X87.Mm(instruction.Op2Register.GetNumber())).AsByte();
        if (!VectorTransfers.TryStoreBytes(cpu, linear, value, mask.ExtractMostSignificantBits()))
            return false;
        cpu.X87.EnterMmx();
        return true;
    }

    static bool Leave(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterMmx())
            return false;
        cpu.X87.Top = 0;
        cpu.X87.Tags = 0;
        return true;
    }

    static bool Signs(Cpu cpu, in Instruction instruction)
    {
        if (!TryEnter(cpu, instruction.Op1Register, out Vector128<byte> source))
            return false;
        cpu.WriteRegister(instruction.Op0Register, source.ExtractMostSignificantBits());
        return true;
    }

    static bool ExtractWord(Cpu cpu, in Instruction instruction)
    {
        int last = instruction.Op1Register.IsMM() ? 3 : 7;
        return TryEnter(cpu, instruction.Op1Register, out Vector128<byte> source)
            && cpu.TryWrite(in instruction, 0, source.AsUInt16()[instruction.Immediate8 & last]);
    }

    static bool InsertWord(Cpu cpu, in Instruction instruction)
    {
        bool isMmx = instruction.Op0Register.IsMM();
        if (!(isMmx ? cpu.TryEnterMmx() : cpu.TryEnterSse()) || !cpu.TryRead(in instruction, 1, out ulong word))
            return false;
        int number = instruction.Op0Register.GetNumber();
        if (!isMmx)
        {
            cpu.Xmm[number] = cpu.Xmm[number].AsUInt16().WithElement(instruction.Immediate8 & 7, (ushort)word).AsByte();
            return true;
        }

        cpu.X87.EnterMmx();
        Vector128<ushort> value = Vector128.CreateScalar(cpu.X87.Mm(number)).AsUInt16();
        cpu.X87.SetMm(number, value.WithElement(instruction.Immediate8 & 3, (ushort)word).AsUInt64()[0]);
        return true;
    }

    static bool TryEnter(Cpu cpu, Iced.Intel.Register register, out Vector128<byte> value)
    {
        value = default;
        if (!register.IsMM())
        {
            bool entered = cpu.TryEnterSse();
            value = entered ? cpu.Xmm[register.GetNumber()] : default;
            return entered;
        }

        if (!cpu.TryEnterMmx())
            return false;
        cpu.X87.EnterMmx();
        value = Vector128.CreateScalar(cpu.X87.Mm(register.GetNumber())).AsByte();
        return true;
    }

    static bool TryReadSource(Cpu cpu, in Instruction instruction, out Vector128<byte> source)
    {
        source = default;
        switch (instruction.Op1Kind)
        {
            case OpKind.Register when instruction.Op1Register.IsMM():
                source = Vector128.CreateScalar(cpu.X87.Mm(instruction.Op1Register.GetNumber())).AsByte();
                return true;
            case OpKind.Register:
                source = cpu.Xmm[instruction.Op1Register.GetNumber()];
                return true;
            case OpKind.Memory:
                int bytes = instruction.MemorySize.GetSize();
                return cpu.TryLinear(in instruction, bytes, write: false, out ulong linear)
                    && cpu.TryLoadVector(linear, bytes, aligned: true, out source);
            default:
                source = Vector128.CreateScalar((ulong)instruction.Immediate8).AsByte();
                return true;
        }
    }
}
