using Iced.Intel;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Operands;
using KvmSharp.X86.Operations;

namespace KvmSharp.X86.Simd;

/// <summary>
/// Enters what compilers put between floating point and integers: comparisons that set flags, conversions, moves and signs.
/// </summary>
static class ScalarInstructions
{
    internal static void Enter()
    {
        EnterOrder<Binary32>(Mnemonic.Comiss, Mnemonic.Ucomiss);
        EnterOrder<Binary64>(Mnemonic.Comisd, Mnemonic.Ucomisd);
        EnterToInteger<Binary32>(Mnemonic.Cvtss2si, Mnemonic.Cvttss2si);
        EnterToInteger<Binary64>(Mnemonic.Cvtsd2si, Mnemonic.Cvttsd2si);
        InstructionTable.Add(Mnemonic.Cvtsi2ss, MakeFromInteger<Binary32>);
        InstructionTable.Add(Mnemonic.Cvtsi2sd, MakeFromInteger<Binary64>);

        foreach (Code code in new[] { Code.Movd_xmm_rm32, Code.Movq_xmm_rm64 })
            InstructionTable.Add(code, (in Decoded decoded) => MakeVector(in decoded, default(MoveInMaker)));
        InstructionTable.Add(Code.Movd_rm32_xmm, MakeMoveOut<Dword32>);
        InstructionTable.Add(Code.Movq_rm64_xmm, MakeMoveOut<Qword64>);

        EnterSigns<float>(Code.Movmskps_r32_xmm, Code.Movmskps_r64_xmm);
        EnterSigns<double>(Code.Movmskpd_r32_xmm, Code.Movmskpd_r64_xmm);
        EnterSigns<byte>(Code.Pmovmskb_r32_xmm, Code.Pmovmskb_r64_xmm);
    }

    static void EnterOrder<TFormat>(Mnemonic signaling, Mnemonic quiet)
        where TFormat : struct, IBinaryFormat
    {
        foreach (Mnemonic mnemonic in new[] { signaling, quiet })
        {
            bool signals = mnemonic == signaling;
            InstructionTable.Add(mnemonic, (in Decoded decoded) =>
                MakeSink(in decoded, new OrderSink<TFormat>(decoded.Instruction.Op0Register.GetNumber(), signals)));
        }
    }

    static void EnterToInteger<TFormat>(Mnemonic rounding, Mnemonic truncating)
        where TFormat : struct, IBinaryFormat
    {
        foreach (Mnemonic mnemonic in new[] { rounding, truncating })
        {
            bool truncates = mnemonic == truncating;
            InstructionTable.Add(mnemonic, (in Decoded decoded) => decoded.BitsOf(0) == 64
                ? MakeSink(in decoded, new ToIntegerSink<TFormat, Qword64>(decoded.RegisterOf(0), truncates))
                : MakeSink(in decoded, new ToIntegerSink<TFormat, Dword32>(decoded.RegisterOf(0), truncates)));
        }
    }

    static void EnterSigns<T>(Code narrow, Code wide)
        where T : struct
    {
        foreach (Code code in new[] { narrow, wide })
            InstructionTable.Add(code, (in Decoded decoded) => MakeSink(in decoded, new SignsSink<T>(decoded.RegisterOf(0))));
    }

    static DecodedInstruction MakeSink<TSink>(in Decoded decoded, TSink sink)
        where TSink : struct, IVectorSink
    {
        if (decoded.IsRegister(1))
            return new SinkRegister<TSink>(decoded.Instruction.Op1Register.GetNumber(), sink);
        int bytes = decoded.Instruction.MemorySize.GetSize();
        return decoded.AddressForm switch
        {
            AddressForm.Long => new SinkMemory<TSink, LongAddressing>(decoded.Address, bytes, sink),
            AddressForm.LongWrapped => new SinkMemory<TSink, LongWrappedAddressing>(decoded.Address, bytes, sink),
            _ => new SinkMemory<TSink, SegmentedAddressing>(decoded.Address, bytes, sink),
        };
    }

    static DecodedInstruction? MakeFromInteger<TFormat>(in Decoded decoded)
        where TFormat : struct, IBinaryFormat => MakeVector(in decoded, default(IntegerMaker<TFormat>));

    static DecodedInstruction? MakeVector<TMaker>(in Decoded decoded, TMaker maker)
        where TMaker : struct, ISizedMaker, IAddressedMaker => decoded.IsRegister(1)
            ? Forms.Size(in decoded, decoded.BitsOf(1), maker)
            : Forms.Memory(in decoded, decoded.BitsOf(1), maker);

    static DecodedInstruction? MakeMoveOut<TSize>(in Decoded decoded)
        where TSize : struct, IOperandSize => decoded.IsMemory(0)
            ? VectorInstructions.MakeStore(in decoded, aligned: false, high: false)
            : new SinkRegister<MoveSink<TSize>>(
                decoded.Instruction.Op1Register.GetNumber(), new MoveSink<TSize>(decoded.RegisterOf(0)));

    readonly struct IntegerMaker<TFormat> : ISizedMaker, IAddressedMaker
        where TFormat : struct, IBinaryFormat
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new MakeFromRegister<TSize, FromIntegerMaker<TFormat, TSize>>(
                decoded.Instruction.Op0Register.GetNumber(), decoded.RegisterOf(1), default);

        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing => new MakeFromMemory<TSize, TAddressing, FromIntegerMaker<TFormat, TSize>>(
                decoded.Instruction.Op0Register.GetNumber(), decoded.Address, default);
    }

    readonly struct MoveInMaker : ISizedMaker, IAddressedMaker
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new MakeFromRegister<TSize, MoveMaker>(
                decoded.Instruction.Op0Register.GetNumber(), decoded.RegisterOf(1), default);

        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing => new MakeFromMemory<TSize, TAddressing, MoveMaker>(
                decoded.Instruction.Op0Register.GetNumber(), decoded.Address, default);
    }
}
