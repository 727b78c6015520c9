using System;
using System.IO;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// Encodes random instructions of given forms such that they touch nothing but the oracle's window, whatever the other
/// registers hold.
/// </summary>
/// <remarks>
/// RSP is never an operand: a signal that arrives on the host is delivered below it. Forms that leave the straight path,
/// load segments, or talk to the system are refused.
/// </remarks>
/// <param name="random">Decides.</param>
/// <param name="operands">Which registers and which memory; by default any, for an instruction by itself.</param>
sealed class InstructionGenerator(RandomSource random, IOperandChoice? operands = null)
{
    const int Rsp = 4;
    const int Attempts = 64;

    readonly IOperandChoice _operands = operands ?? new AnyOperands(random);

    // Room for code of RIP-relative operands is checked by the encoder; absolute ones need the window below 2 GiB.
    static readonly Mnemonic[] _refused =
    [
        Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdrand, Mnemonic.Rdseed,
        Mnemonic.Cpuid, Mnemonic.Rdpid, Mnemonic.Rdpmc, Mnemonic.Monitor, Mnemonic.Mwait, Mnemonic.Xrstor, Mnemonic.Xrstor64,
        Mnemonic.Lsl, Mnemonic.Lar, Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Sgdt,
        Mnemonic.Sidt, Mnemonic.Enter, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase,
        Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.In, Mnemonic.Out,
        Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd, Mnemonic.Hlt,
    ];

    // Extensions whose instructions are known to name all memory they touch.
    static readonly CpuidFeature[] _known =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL8086_ONLY, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386,
        CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.ADX, CpuidFeature.AES, CpuidFeature.BMI1, CpuidFeature.BMI2,
        CpuidFeature.CLFLUSHOPT, CpuidFeature.CLFSH, CpuidFeature.CLWB, CpuidFeature.CMOV, CpuidFeature.CMPXCHG16B,
        CpuidFeature.CX8, CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.FXSR, CpuidFeature.LZCNT,
        CpuidFeature.MMX, CpuidFeature.MOVBE, CpuidFeature.MULTIBYTENOP, CpuidFeature.PAUSE, CpuidFeature.PCLMULQDQ,
        CpuidFeature.POPCNT, CpuidFeature.PREFETCHW, CpuidFeature.SHA, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3,
        CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.SSSE3,
    ];

    /// <summary>Whether instructions of a form can be made safe.</summary>
    public static bool CanGenerate(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        if (!form.IsInstruction || !form.Mode64 || form.RequireOpMaskRegister || Array.IndexOf(_refused, code.Mnemonic()) >= 0)
            return false;
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (Array.IndexOf(_known, feature) < 0)
                return false;
        }

        Instruction probe = new() { Code = code };
        if (probe.FlowControl != FlowControl.Next || probe.IsPrivileged)
            return false;
        for (int i = 0; i < form.OpCount; i++)
        {
            if (OperandShape.Of(form.GetOpKind(i)).Kind == OperandShapeKind.Other)
                return false;
        }

        return true;
    }

    /// <summary>Whether a form has an operand that can be in memory.</summary>
    public static bool HasMemoryForm(Code code)
    {
        OpCodeInfo form = code.ToOpCode();
        for (int i = 0; i < form.OpCount; i++)
        {
            if (OperandShape.Of(form.GetOpKind(i)).MayBeMemory)
                return true;
        }

        return false;
    }

    /// <summary>Encodes an instruction of <paramref name="code"/> for <paramref name="address"/>.</summary>
    /// <param name="code">A form that <see cref="CanGenerate"/> accepts.</param>
    /// <param name="inMemory">Take the memory form where there is a choice.</param>
    /// <param name="address">Where it will lie.</param>
    /// <param name="window">The window's address.</param>
    /// <returns>The instruction, or <c>null</c> if its bytes always mean another form.</returns>
    public GuestCase? Generate(Code code, bool inMemory, ulong address, ulong window)
    {
        // XCHG AX, AX is NOP: operands for which another form stands are drawn again.
        for (int i = 0; i < Attempts; i++)
        {
            if (Draw(code, inMemory, address, window) is { } generated)
                return generated;
        }

        return null;
    }

    GuestCase? Draw(Code code, bool inMemory, ulong address, ulong window)
    {
        OpCodeInfo form = code.ToOpCode();
        Instruction instruction = new() { Code = code };
        int memory = -1;
        int used = 1 << Rsp;
        int implicitPointers = ImplicitPointers(code.Mnemonic());
        for (int i = 0; i < form.OpCount; i++)
        {
            OperandShape shape = OperandShape.Of(form.GetOpKind(i));
            if (shape.MayBeMemory && (inMemory || shape.Kind == OperandShapeKind.Memory))
            {
                instruction.SetOpKind(i, OpKind.Memory);
                memory = i;
                continue;
            }

            switch (shape.Kind)
            {
                case OperandShapeKind.Register:
                    int number = _operands.Register(shape);
                    instruction.SetOpKind(i, OpKind.Register);
                    instruction.SetOpRegister(i, Numbered(shape.First, number));
                    if (shape.First.IsGPR())
                        used |= 1 << number;
                    break;
                case OperandShapeKind.Immediate:
                    instruction.SetOpKind(i, shape.ImmediateKind);
                    instruction.SetImmediate(i, Immediate(shape));
                    break;
                default:
                    instruction.SetOpKind(i, shape.ImmediateKind);
                    implicitPointers |= shape.Pointers;
                    break;
            }
        }

        bool repeats = (form.CanUseRepPrefix || form.CanUseRepnePrefix) && implicitPointers != 0 && random.OneIn(2);
        if (repeats && form.CanUseRepPrefix && (!form.CanUseRepnePrefix || random.OneIn(2)))
            instruction.HasRepPrefix = true;
        else if (repeats)
            instruction.HasRepnePrefix = true;

        int operandSize = Math.Max(instruction.MemorySize.GetSize(), SizeOfState(code.Mnemonic()));
        int bitOffset = -1;
        if (memory >= 0)
        {
            bool isBitTest = code.Mnemonic() is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc;
            if (isBitTest && instruction.GetOpKind(1) == OpKind.Register)
                bitOffset = instruction.Op1Register.GetNumber();
            _operands.Place(ref instruction, isBitTest, operandSize, window, used | implicitPointers);
        }

        if (TryEncode(ref instruction, address) is not { } bytes || instruction.Code != code)
            return null;
        return new GuestCase
        {
            Instruction = instruction,
            Bytes = bytes,
            Address = address,
            Base = NumberOf(instruction.MemoryBase),
            Index = NumberOf(instruction.MemoryIndex),
            OperandSize = operandSize,
            Alignment = operandSize >= 16 && operandSize != 28 ? Math.Min(operandSize, 16) : 1,
            BitOffset = bitOffset,
            ImplicitPointers = implicitPointers,
            Repeats = repeats,
        };
    }

    ulong Immediate(OperandShape shape)
    {
        if (shape.Choices == 1)
            return 1;
        ulong value = EdgeValues.Integer(random);
        return shape.ImmediateKind switch
        {
            OpKind.Immediate8 => (byte)value,
            OpKind.Immediate16 => (ushort)value,
            OpKind.Immediate32 => (uint)value,
            OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 => (ulong)(sbyte)value,
            OpKind.Immediate32to64 => (ulong)(int)value,
            _ => value,
        };
    }

    Register Numbered(Register first, int number)
    {
        if (first != Register.AL)
            return first + number;
        if (number >= 4)
            return Register.SPL + (number - 4);
        return (random.OneIn(3) ? Register.AH : Register.AL) + number;
    }

    static int NumberOf(Register register) => register.IsGPR() ? register.GetNumber() : -1;

    static int ImplicitPointers(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Leave => 1 << 5,
        _ => 0,
    };

    // Areas whose size the decoder does not state.
    static int SizeOfState(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => 512,
        Mnemonic.Fnsave or Mnemonic.Fsave or Mnemonic.Frstor => 108,
        Mnemonic.Fnstenv or Mnemonic.Fstenv or Mnemonic.Fldenv => 28,
        _ => 0,
    };

    // None for operands that exclude each other: AH and its like, and whatever needs a REX prefix.
    static byte[]? TryEncode(ref Instruction instruction, ulong address)
    {
        using MemoryStream stream = new();
        Encoder encoder = Encoder.Create(64, new StreamCodeWriter(stream));
        if (!encoder.TryEncode(instruction, address, out _, out _))
            return null;
        byte[] bytes = stream.ToArray();
        // Read back: the decoded form is what both sides run, with addresses relative to RIP resolved.
        Decoder decoder = Decoder.Create(64, new ByteArrayCodeReader(bytes), address);
        decoder.Decode(out instruction);
        return bytes;
    }
}
