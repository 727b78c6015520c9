using System;
using Iced.Intel;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Simd;

/// <summary>Enters the instructions that move and compute vectors.</summary>
static class VectorInstructions
{
    internal static void Enter()
    {
        foreach (Mnemonic mnemonic in Enum.GetValues<Mnemonic>())
        {
            // CMPSD is a string instruction too and is entered by form.
            if (VectorUnit.FamilyOf(mnemonic) != VectorUnit.Family.None && mnemonic != Mnemonic.Cmpsd)
                InstructionTable.Add(mnemonic, MakeAny);
            else if (MmxInstructions.IsKnown(mnemonic))
                InstructionTable.Add(mnemonic, InterpretedOperation.Of(MmxInstructions.Compute));
        }

        InstructionTable.Add(Code.Cmpsd_xmm_xmmm64_imm8, MakeAny);
        EnterArithmetic<FloatOperations.Add>(Mnemonic.Addps, Mnemonic.Addpd, Mnemonic.Addss, Mnemonic.Addsd);
        EnterArithmetic<FloatOperations.Subtract>(Mnemonic.Subps, Mnemonic.Subpd, Mnemonic.Subss, Mnemonic.Subsd);
        EnterArithmetic<FloatOperations.Multiply>(Mnemonic.Mulps, Mnemonic.Mulpd, Mnemonic.Mulss, Mnemonic.Mulsd);
        EnterArithmetic<FloatOperations.Divide>(Mnemonic.Divps, Mnemonic.Divpd, Mnemonic.Divss, Mnemonic.Divsd);
        EnterArithmetic<FloatOperations.SquareRoot>(Mnemonic.Sqrtps, Mnemonic.Sqrtpd, Mnemonic.Sqrtss, Mnemonic.Sqrtsd);
        foreach (Mnemonic exclusiveOr in new[] { Mnemonic.Xorps, Mnemonic.Xorpd })
            InstructionTable.Add(exclusiveOr, (in Decoded decoded) => Make(in decoded, new ExclusiveOrKernel(), aligned: true));

        InstructionTable.Add(
            Mnemonic.Unpcklpd, (in Decoded decoded) => Make(in decoded, new MergeKernel(VectorMerge.HighHalfFromLow), aligned: true));
        InstructionTable.Add(
            Mnemonic.Unpckhpd, (in Decoded decoded) => Make(in decoded, new MergeKernel(VectorMerge.HighHalves), aligned: true));
        EnterMoves();
        VectorTransfers.Enter();
        MmxInstructions.Enter();
        ScalarInstructions.Enter();
    }

    static void EnterArithmetic<TOperation>(Mnemonic singles, Mnemonic doubles, Mnemonic single, Mnemonic @double)
        where TOperation : struct, HostArithmetic.IOperation
    {
        InstructionTable.Add(singles, (in Decoded decoded) => Make(in decoded, new SinglesKernel<TOperation>(4), aligned: true));
        InstructionTable.Add(doubles, (in Decoded decoded) => Make(in decoded, new DoublesKernel<TOperation>(2), aligned: true));
        InstructionTable.Add(single, (in Decoded decoded) => Make(in decoded, new SinglesKernel<TOperation>(1), aligned: true));
        InstructionTable.Add(@double, (in Decoded decoded) => Make(in decoded, new DoublesKernel<TOperation>(1), aligned: true));
    }

    static void EnterMoves()
    {
        foreach (Mnemonic aligned in new[] { Mnemonic.Movaps, Mnemonic.Movapd, Mnemonic.Movdqa, Mnemonic.Movntdqa })
            InstructionTable.Add(aligned, (in Decoded decoded) => MakeMove(in decoded, aligned: true));
        foreach (Mnemonic streamed in new[] { Mnemonic.Movntps, Mnemonic.Movntpd, Mnemonic.Movntdq })
            InstructionTable.Add(streamed, (in Decoded decoded) => MakeMove(in decoded, aligned: true));
        foreach (Mnemonic free in new[] { Mnemonic.Movups, Mnemonic.Movupd, Mnemonic.Movdqu, Mnemonic.Lddqu })
            InstructionTable.Add(free, (in Decoded decoded) => MakeMove(in decoded, aligned: false));

        // From memory the rest of the register is cleared, from a register it is kept.
        EnterMerge(Code.Movss_xmm_xmmm32, VectorMerge.LowSingle, memory: null);
        EnterMerge(Code.Movsd_xmm_xmmm64, VectorMerge.LowHalf, memory: null);
        EnterMerge(Code.Movq_xmm_xmmm64, VectorMerge.LowHalfAlone, memory: null);
        EnterMerge(Code.Movhlps_xmm_xmm, VectorMerge.LowHalfFromHigh, memory: null);
        EnterMerge(Code.Movlhps_xmm_xmm, VectorMerge.HighHalfFromLow, memory: null);
        EnterMerge(Code.Movlps_xmm_m64, VectorMerge.LowHalf, memory: VectorMerge.LowHalf);
        EnterMerge(Code.Movlpd_xmm_m64, VectorMerge.LowHalf, memory: VectorMerge.LowHalf);
        EnterMerge(Code.Movhps_xmm_m64, VectorMerge.HighHalfFromLow, memory: VectorMerge.HighHalfFromLow);
        EnterMerge(Code.Movhpd_xmm_m64, VectorMerge.HighHalfFromLow, memory: VectorMerge.HighHalfFromLow);

        EnterPartialStore(Code.Movss_xmmm32_xmm, VectorMerge.LowSingle, high: false);
        EnterPartialStore(Code.Movsd_xmmm64_xmm, VectorMerge.LowHalf, high: false);
        EnterPartialStore(Code.Movq_xmmm64_xmm, VectorMerge.LowHalfAlone, high: false);
        EnterPartialStore(Code.Movlps_m64_xmm, VectorMerge.LowHalf, high: false);
        EnterPartialStore(Code.Movlpd_m64_xmm, VectorMerge.LowHalf, high: false);
        EnterPartialStore(Code.Movhps_m64_xmm, VectorMerge.LowHalf, high: true);
        EnterPartialStore(Code.Movhpd_m64_xmm, VectorMerge.LowHalf, high: true);
    }

    static void EnterMerge(Code code, VectorMerge register, VectorMerge? memory) =>
        InstructionTable.Add(code, (in Decoded decoded) => !decoded.IsMemory(1)
            ? Make(in decoded, new MergeKernel(register), aligned: false)
            : memory is { } merge
                ? Make(in decoded, new MergeKernel(merge), aligned: false)
                : Make(in decoded, default(CopyKernel), aligned: false));

    static void EnterPartialStore(Code code, VectorMerge register, bool high) =>
        InstructionTable.Add(code, (in Decoded decoded) => decoded.IsMemory(0)
            ? MakeStore(in decoded, aligned: false, high)
            : Make(in decoded, new MergeKernel(register), aligned: false));

    // Some of these have MMX forms, and two convert between both kinds of registers.
    static DecodedInstruction? MakeAny(in Decoded decoded)
    {
        Instruction instruction = decoded.Instruction;
        if (!instruction.Op0Register.IsXMM() || instruction.Op1Register.IsMM() || IsMmxConversion(instruction.Mnemonic))
            return InterpretedOperation.Of(MmxInstructions.Compute)(in decoded);
        byte control = instruction.OpCount > 2 && instruction.GetOpKind(2) == OpKind.Immediate8 ? instruction.Immediate8 : (byte)0;
        // From memory there is one element to choose from.
        if (instruction.Mnemonic == Mnemonic.Insertps && decoded.IsMemory(1))
            control &= 0x3f;
        return Make(in decoded, new AnyKernel(VectorUnit.FamilyOf(instruction.Mnemonic), instruction.Mnemonic, control), aligned: true);
    }

    static bool IsMmxConversion(Mnemonic mnemonic) => mnemonic is Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd;

    static DecodedInstruction? MakeMove(in Decoded decoded, bool aligned) => decoded.IsMemory(0)
        ? MakeStore(in decoded, aligned, high: false)
        : Make(in decoded, default(CopyKernel), aligned);

    static DecodedInstruction? Make<TKernel>(in Decoded decoded, TKernel kernel, bool aligned)
        where TKernel : struct, IVectorKernel
    {
        Instruction instruction = decoded.Instruction;
        int destination = instruction.Op0Register.GetNumber();
        if (decoded.IsRegister(1))
            return new VectorRegister<TKernel>(destination, instruction.Op1Register.GetNumber(), kernel);
        if (!decoded.IsMemory(1))
            return new VectorConstant<TKernel>(destination, instruction.Immediate8, kernel);
        int bytes = instruction.MemorySize.GetSize();
        return decoded.AddressForm switch
        {
            AddressForm.Long => new VectorMemory<TKernel, LongAddressing>(destination, decoded.Address, bytes, aligned, kernel),
            AddressForm.LongWrapped =>
                new VectorMemory<TKernel, LongWrappedAddressing>(destination, decoded.Address, bytes, aligned, kernel),
            _ => new VectorMemory<TKernel, SegmentedAddressing>(destination, decoded.Address, bytes, aligned, kernel),
        };
    }

    internal static DecodedInstruction MakeStore(in Decoded decoded, bool aligned, bool high)
    {
        int source = decoded.Instruction.Op1Register.GetNumber();
        int bytes = decoded.Instruction.MemorySize.GetSize();
        return decoded.AddressForm switch
        {
            AddressForm.Long => new VectorStore<LongAddressing>(source, decoded.Address, bytes, aligned, high),
            AddressForm.LongWrapped => new VectorStore<LongWrappedAddressing>(source, decoded.Address, bytes, aligned, high),
            _ => new VectorStore<SegmentedAddressing>(source, decoded.Address, bytes, aligned, high),
        };
    }
}
