using System;
using System.Runtime.Intrinsics;
using Iced.Intel;
using KvmSharp.X86.Operations;
using KvmSharp.X86.State;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Simd;

/// <summary>What goes between vectors on one side and general registers, flags or MXCSR on the other, and is rare.</summary>
static class VectorTransfers
{
    internal static void Enter()
    {
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Pextrb, Mnemonic.Pextrd, Mnemonic.Pextrq, Mnemonic.Extractps })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Extract));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Pinsrb, Mnemonic.Pinsrd, Mnemonic.Pinsrq })
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(Insert));
        foreach (Mnemonic mnemonic in new[]
        {
            Mnemonic.Pcmpestri, Mnemonic.Pcmpestri64, Mnemonic.Pcmpestrm, Mnemonic.Pcmpestrm64, Mnemonic.Pcmpistri,
            Mnemonic.Pcmpistrm,
        })
        {
            InstructionTable.Add(mnemonic, InterpretedOperation.Of(CompareStrings));
        }

        InstructionTable.Add(Mnemonic.Ptest, InterpretedOperation.Of(Test));
        InstructionTable.Add(Mnemonic.Crc32, InterpretedOperation.Of(Checksum));
        InstructionTable.Add(Mnemonic.Ldmxcsr, InterpretedOperation.Of(LoadControls));
        InstructionTable.Add(Mnemonic.Stmxcsr, InterpretedOperation.Of(StoreControls));
        InstructionTable.Add(Mnemonic.Maskmovdqu, (in Decoded decoded) => MakeMaskedStore(in decoded, StoreMasked));
        InstructionTable.Add(Mnemonic.Movnti, InterpretedOperation.Of(StoreStreamed));
    }

    static bool Test(Cpu cpu, in Instruction instruction)
    {
        if (!TryReadSource(cpu, in instruction, out Vector128<byte> b))
            return false;
        Vector128<byte> a = cpu.Xmm[instruction.Op0Register.GetNumber()];
        cpu.State.Flags.Value = ((a & b) == default ? RFlags.ZF : 0) | ((~a & b) == default ? RFlags.CF : 0);
        return true;
    }

    static bool Extract(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse())
            return false;
        Vector128<byte> source = cpu.Xmm[instruction.Op1Register.GetNumber()];
        int index = instruction.Immediate8;
        ulong value = instruction.Mnemonic switch
        {
            Mnemonic.Pextrb => source[index & 15],
            Mnemonic.Pextrq => source.AsUInt64()[index & 1],
            _ => source.AsUInt32()[index & 3],
        };
        return cpu.TryWrite(in instruction, 0, value);
    }

    static bool Insert(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse() || !cpu.TryRead(in instruction, 1, out ulong value))
            return false;
        ref Vector128<byte> register = ref cpu.Xmm[instruction.Op0Register.GetNumber()];
        int index = instruction.Immediate8;
        register = instruction.Mnemonic switch
        {
            Mnemonic.Pinsrb => register.WithElement(index & 15, (byte)value),
            Mnemonic.Pinsrq => register.AsUInt64().WithElement(index & 1, value).AsByte(),
            _ => register.AsUInt32().WithElement(index & 3, (uint)value).AsByte(),
        };
        return true;
    }

    static bool CompareStrings(Cpu cpu, in Instruction instruction)
    {
        if (!TryReadSource(cpu, in instruction, out Vector128<byte> b))
            return false;
        Vector128<byte> a = cpu.Xmm[instruction.Op0Register.GetNumber()];
        byte control = instruction.Immediate8;
        bool isImplicit = instruction.Mnemonic is Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm;
        bool isWide = instruction.Mnemonic is Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm64;
        int aLength = isImplicit
            ? PackedString.ImplicitLength(a, control)
            : PackedString.ExplicitLength(Length(cpu, Register.Rax, isWide), control);
        int bLength = isImplicit
            ? PackedString.ImplicitLength(b, control)
            : PackedString.ExplicitLength(Length(cpu, Register.Rdx, isWide), control);
        uint result = PackedString.Compare(a, aLength, b, bLength, control, out ulong flags);
        if (instruction.Mnemonic is Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpistri)
            cpu.WriteGeneral(Register.Rcx, 32, PackedString.Index(result, control));
        else
            cpu.Xmm[0] = PackedString.Mask(result, control);
        cpu.State.Flags.Value = flags;
        return true;
    }

    static long Length(Cpu cpu, int register, bool isWide) =>
        isWide ? (long)cpu.State.Registers[register] : (int)cpu.State.Registers[register];

    // Of general registers alone: no control bit disables it.
    static bool Checksum(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryRead(in instruction, 1, out ulong data))
            return false;
        uint crc = (uint)cpu.ReadRegister(instruction.Op0Register);
        cpu.WriteRegister(instruction.Op0Register, Crc32.Accumulate(crc, data, cpu.BitsOf(in instruction, 1) / 8));
        return true;
    }

    static bool LoadControls(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse() || !cpu.TryRead(in instruction, 0, out ulong value))
            return false;
        if ((value & ~(ulong)Mxcsr.Defined) != 0)
            return cpu.Raise(Events.Vector.GeneralProtection, 0);
        cpu.Mxcsr.Value = (uint)value;
        return true;
    }

    static bool StoreControls(Cpu cpu, in Instruction instruction) =>
        cpu.TryEnterSse() && cpu.TryWrite(in instruction, 0, cpu.Mxcsr.Value);

    /// <summary>The destination is implied, at rDI: made a memory operand like others.</summary>
    internal static InterpretedOperation MakeMaskedStore(in Decoded decoded, InstructionHandler handler)
    {
        Instruction instruction = decoded.Instruction;
        instruction.MemoryBase = instruction.Op0Kind switch
        {
            OpKind.MemorySegDI => Iced.Intel.Register.DI,
            OpKind.MemorySegEDI => Iced.Intel.Register.EDI,
            _ => Iced.Intel.Register.RDI,
        };
        instruction.Op0Kind = OpKind.Memory;
        return new InterpretedOperation(new Decoded(in instruction, decoded.Mode, blockRip: 0), handler);
    }

    // A store from a general register, past the caches: no control bit disables it.
    static bool StoreStreamed(Cpu cpu, in Instruction instruction) =>
        cpu.TryRead(in instruction, 1, out ulong value) && cpu.TryWrite(in instruction, 0, value);

    // Bytes whose mask is clear are left alone, though their page has to be writable.
    static bool StoreMasked(Cpu cpu, in Instruction instruction)
    {
        if (!cpu.TryEnterSse()
            || !cpu.TryLinear(in instruction, Vector128<byte>.Count, write: true, out ulong linear)
            || !cpu.TryProbeWrite(linear, Vector128<byte>.Count))
            return false;
        Span<byte> value = stackalloc byte[Vector128<byte>.Count];
        cpu.Xmm[instruction.Op1Register.GetNumber()].CopyTo(value);
        uint mask = cpu.Xmm[instruction.Op2Register.GetNumber()].ExtractMostSignificantBits();
        return TryStoreBytes(cpu, linear, value, mask);
    }

    /// <summary>Writes the bytes whose bit is set; the pages are known to be writable.</summary>
    internal static bool TryStoreBytes(Cpu cpu, ulong linear, ReadOnlySpan<byte> value, uint mask)
    {
        for (int i = 0; i < value.Length; i++)
        {
            if ((mask >> i & 1) != 0 && !cpu.TryStoreBits(linear + (ulong)i, 8, value[i]))
                return false;
        }

        return true;
    }

    // An xmm or memory source of any size, as decoded.
    static bool TryReadSource(Cpu cpu, in Instruction instruction, out Vector128<byte> source)
    {
        source = default;
        if (!cpu.TryEnterSse())
            return false;
        if (instruction.Op1Kind == OpKind.Register)
        {
            source = cpu.Xmm[instruction.Op1Register.GetNumber()];
            return true;
        }

        int bytes = instruction.MemorySize.GetSize();
        return cpu.TryLinear(in instruction, bytes, write: false, out ulong linear)
            && cpu.TryLoadVector(linear, bytes, aligned: instruction.Mnemonic == Mnemonic.Ptest, out source);
    }
}
