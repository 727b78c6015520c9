using System;
using Iced.Intel;
using KvmSharp.X86.Operands;
using Register = Iced.Intel.Register;

namespace KvmSharp.X86.Operations;

/// <summary>Near jumps, calls and returns, and loops.</summary>
static class BranchInstructions
{
    internal static void Enter()
    {
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.IsJccShortOrNear())
                InstructionTable.Add(code, (in Decoded decoded) => Conditions.Select(in decoded, default(JumpMaker)));
        }
        InstructionTable.Add(Mnemonic.Jmp, Jump);
        InstructionTable.Add(Mnemonic.Call, Call);
        InstructionTable.Add(Mnemonic.Ret, Return);
        InstructionTable.Add(Mnemonic.Loop, (in Decoded decoded) => Loop(in decoded, counts: true, wantedZero: null));
        InstructionTable.Add(Mnemonic.Loope, (in Decoded decoded) => Loop(in decoded, counts: true, wantedZero: true));
        InstructionTable.Add(Mnemonic.Loopne, (in Decoded decoded) => Loop(in decoded, counts: true, wantedZero: false));
        foreach (Mnemonic mnemonic in new[] { Mnemonic.Jcxz, Mnemonic.Jecxz, Mnemonic.Jrcxz })
            InstructionTable.Add(mnemonic, (in Decoded decoded) => Loop(in decoded, counts: false, wantedZero: null));
    }

    // What RIP keeps after a near branch: 16 bits where the branch says so.
    static ulong MaskOf(in Decoded decoded) => decoded.Instruction.Op0Kind switch
    {
        OpKind.NearBranch16 => ushort.MaxValue,
        OpKind.NearBranch32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };

    static DecodedInstruction? Jump(in Decoded decoded)
    {
        if (decoded.Instruction.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64)
            return new Jump(decoded.BranchOffset, MaskOf(in decoded));
        if (decoded.IsRegister(0))
            return Forms.Size(in decoded, decoded.BitsOf(0), default(JumpRegisterMaker));
        // A far jump's operand is no plain number.
        return decoded.Instruction.IsJmpFarIndirect || decoded.Instruction.IsJmpFar
            ? null
            : Forms.Memory(in decoded, decoded.BitsOf(0), default(JumpMemoryMaker));
    }

    static DecodedInstruction? Call(in Decoded decoded)
    {
        switch (decoded.Instruction.Op0Kind)
        {
            case OpKind.NearBranch64:
                return new LongCall(decoded.BranchOffset) { UsesStack = true };
            case OpKind.NearBranch32:
                return new SegmentedCall(decoded.BranchOffset, uint.MaxValue, 32);
            case OpKind.NearBranch16:
                return new SegmentedCall(decoded.BranchOffset, ushort.MaxValue, 16);
            case OpKind.Register:
                return Forms.Size(in decoded, decoded.BitsOf(0), default(CallRegisterMaker));
            default:
                return decoded.Instruction.IsCallFarIndirect || decoded.Instruction.IsCallFar
                    ? null
                    : Forms.Memory(in decoded, decoded.BitsOf(0), default(CallMemoryMaker));
        }
    }

    static DecodedInstruction? Return(in Decoded decoded)
    {
        int released = decoded.Instruction.OpCount == 0 ? 0 : decoded.Instruction.Immediate16;
        return decoded.Instruction.Code switch
        {
            Code.Retnq or Code.Retnq_imm16 => new LongReturn(released) { UsesStack = true },
            Code.Retnd or Code.Retnd_imm16 => new Return(32, released),
            Code.Retnw or Code.Retnw_imm16 => new Return(16, released),
            _ => null,
        };
    }

    // The count's register is as wide as the instruction's addresses.
    static DecodedInstruction? Loop(in Decoded decoded, bool counts, bool? wantedZero)
    {
        ulong target = decoded.BranchOffset;
        ulong mask = MaskOf(in decoded);
        return CountRegisterOf(decoded.Instruction.Code) switch
        {
            Register.CX => new LoopJump<Word16>(target, mask, counts, wantedZero),
            Register.ECX => new LoopJump<Dword32>(target, mask, counts, wantedZero),
            _ => new LoopJump<Qword64>(target, mask, counts, wantedZero),
        };
    }

    static Register CountRegisterOf(Code code)
    {
        // Iced puts the register in the form's name.
        string name = code.ToString();
        return name.Contains("RCX", StringComparison.Ordinal) || code is Code.Jrcxz_rel8_16 or Code.Jrcxz_rel8_64 ? Register.RCX
            : name.Contains("ECX", StringComparison.Ordinal)
                || code is Code.Jecxz_rel8_16 or Code.Jecxz_rel8_32 or Code.Jecxz_rel8_64 ? Register.ECX
            : Register.CX;
    }

    readonly struct JumpMaker : IConditionMaker
    {
        public DecodedInstruction Make<TCondition>(in Decoded decoded)
            where TCondition : struct, ICondition => new ConditionalJump<TCondition>(decoded.BranchOffset, MaskOf(in decoded));
    }

    readonly struct JumpRegisterMaker : ISizedMaker
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new JumpRegister<TSize>(decoded.RegisterOf(0));
    }

    readonly struct JumpMemoryMaker : IAddressedMaker
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing => new JumpMemory<TSize, TAddressing>(decoded.Address);
    }

    readonly struct CallRegisterMaker : ISizedMaker
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new CallRegister<TSize>(decoded.RegisterOf(0));
    }

    readonly struct CallMemoryMaker : IAddressedMaker
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing => new CallMemory<TSize, TAddressing>(decoded.Address);
    }
}
