using Iced.Intel;
using KvmSharp.X86.Operands;
using Register = KvmSharp.X86.State.Register;

namespace KvmSharp.X86.Operations;

/// <summary>MOV of general registers and memory, MOVZX, MOVSX, MOVSXD, LEA, MOVBE, BSWAP, XLAT, NOP.</summary>
static class MoveInstructions
{
    internal static void Enter()
    {
        InstructionTable.Add(Mnemonic.Mov, Move);
        InstructionTable.Add(Mnemonic.Movzx, Extend<ZeroExtension>);
        InstructionTable.Add(Mnemonic.Movsx, Extend<SignExtension>);
        InstructionTable.Add(Mnemonic.Movsxd, Extend<SignExtension>);
        InstructionTable.Add(Mnemonic.Lea, LoadAddress);
        InstructionTable.Add(Mnemonic.Movbe, InterpretedOperation.Of(ByteOrder.MoveSwapped));
        InstructionTable.Add(Mnemonic.Bswap, BinaryFactory.MakeUnary<ByteSwapOperation>);
        InstructionTable.Add(Mnemonic.Xlatb, InterpretedOperation.Of(Translate));
        // With a register, what is a prefetch of memory is nothing at all.
        foreach (Code code in new[]
            { Code.Reservednop_rm16_r16_0F0D, Code.Reservednop_rm32_r32_0F0D, Code.Reservednop_rm64_r64_0F0D })
        {
            InstructionTable.Add(code, (in Decoded _) => null);
        }
        foreach (Mnemonic nothing in new[]
        {
            Mnemonic.Nop, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2,
            Mnemonic.Prefetchw, Mnemonic.Prefetch, Mnemonic.Reservednop, Mnemonic.Endbr32, Mnemonic.Endbr64,
        })
        {
            InstructionTable.Add(nothing, (in Decoded _) => new NoOperation());
        }
    }

    static DecodedInstruction? Move(in Decoded decoded)
    {
        int bits = decoded.BitsOf(0);
        if (decoded.IsRegister(0) && decoded.IsMemory(1))
            return Forms.Memory(in decoded, bits, new LoadMaker());
        if (decoded.IsRegister(1))
            return Move(in decoded, new RegisterSource(decoded.RegisterOf(1)));
        return Move(in decoded, new ImmediateSource(decoded.ImmediateOf(1)));
    }

    static DecodedInstruction? Move<TSource>(in Decoded decoded, TSource source)
        where TSource : struct, ISource => decoded.IsRegister(0)
            ? Forms.Size(in decoded, decoded.BitsOf(0), new MoveMaker<TSource>(source))
            : Forms.Memory(in decoded, decoded.BitsOf(0), new StoreMaker<TSource>(source));

    static DecodedInstruction? Extend<TExtension>(in Decoded decoded)
        where TExtension : struct, IExtension => Forms.Size(in decoded, decoded.BitsOf(0), new ExtendMaker<TExtension>());

    static DecodedInstruction? LoadAddress(in Decoded decoded) =>
        Forms.Size(in decoded, decoded.BitsOf(0), new LoadAddressMaker());

    // XLAT: AL indexes a table at (R|E)BX.
    static bool Translate(Cpu cpu, in Instruction instruction)
    {
        ulong mask = Cpu.MaskOf(instruction.MemoryBase.GetSize() * 8);
        ulong offset = (cpu.State.Registers[Register.Rbx] + (byte)cpu.State.Registers[Register.Rax]) & mask;
        if (!cpu.TryLinear(Decoded.SegmentOf(instruction.MemorySegment), offset, 1, write: false, out ulong linear)
            || !Byte8.TryLoad(cpu, linear, out ulong value))
        {
            return false;
        }
        Byte8.Write(ref cpu.State.Registers, Register.Rax, value);
        return true;
    }

    readonly struct LoadMaker : IAddressedMaker
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new Load<TSize, TAddressing>(decoded.RegisterOf(0), decoded.Address);
    }

    readonly struct MoveMaker<TSource>(TSource source) : ISizedMaker
        where TSource : struct, ISource
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new MoveRegister<TSize, TSource>(decoded.RegisterOf(0), source);
    }

    readonly struct StoreMaker<TSource>(TSource source) : IAddressedMaker
        where TSource : struct, ISource
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new Store<TSize, TAddressing, TSource>(decoded.Address, source);
    }

    readonly struct LoadAddressMaker : ISizedMaker
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => new LoadAddress<TSize>(decoded.RegisterOf(0), decoded.Address);
    }

    readonly struct ExtendMaker<TExtension> : ISizedMaker
        where TExtension : struct, IExtension
    {
        public DecodedInstruction? Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize => decoded.IsRegister(1)
                ? Forms.Size(in decoded, decoded.BitsOf(1), new FromRegister<TExtension, TSize>())
                : Forms.Memory(in decoded, decoded.BitsOf(1), new FromMemory<TExtension, TSize>());
    }

    readonly struct FromRegister<TExtension, TTo> : ISizedMaker
        where TExtension : struct, IExtension
        where TTo : struct, IOperandSize
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize =>
            new ExtendRegister<TExtension, TTo, TSize>(decoded.RegisterOf(0), decoded.RegisterOf(1));
    }

    readonly struct FromMemory<TExtension, TTo> : IAddressedMaker
        where TExtension : struct, IExtension
        where TTo : struct, IOperandSize
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new ExtendMemory<TExtension, TTo, TSize, TAddressing>(decoded.RegisterOf(0), decoded.Address);
    }
}
