using KvmSharp.X86.Operands;

namespace KvmSharp.X86.Operations;

/// <summary>Makes the shapes of an <see cref="IBinaryOperation"/> from decoded operands.</summary>
static class BinaryFactory
{
    /// <summary>A destination and a register, constant or memory source.</summary>
    internal static DecodedInstruction? Make<TOperation>(in Decoded decoded)
        where TOperation : struct, IBinaryOperation
    {
        int bits = decoded.BitsOf(0);
        if (decoded.IsMemory(1))
            return Forms.Memory(in decoded, bits, new RegisterMemoryMaker<TOperation>());
        return decoded.IsRegister(1)
            ? Make<TOperation, RegisterSource>(in decoded, new RegisterSource(decoded.RegisterOf(1)))
            : Make<TOperation, ImmediateSource>(in decoded, new ImmediateSource(decoded.ImmediateOf(1)));
    }

    /// <summary>A destination alone.</summary>
    internal static DecodedInstruction? MakeUnary<TOperation>(in Decoded decoded)
        where TOperation : struct, IBinaryOperation =>
        Make<TOperation, ImmediateSource>(in decoded, new ImmediateSource(0));

    /// <summary>A destination and a source that is not memory.</summary>
    internal static DecodedInstruction? Make<TOperation, TSource>(in Decoded decoded, TSource source)
        where TOperation : struct, IBinaryOperation
        where TSource : struct, ISource
    {
        int bits = decoded.BitsOf(0);
        if (decoded.IsRegister(0))
            return Forms.Size(in decoded, bits, new RegisterMaker<TOperation, TSource>(source));
        return decoded.Instruction.HasLockPrefix
            ? Forms.Memory(in decoded, bits, new LockedMaker<TOperation, TSource>(source))
            : Forms.Memory(in decoded, bits, new MemoryMaker<TOperation, TSource>(source));
    }

    readonly struct RegisterMaker<TOperation, TSource>(TSource source) : ISizedMaker
        where TOperation : struct, IBinaryOperation
        where TSource : struct, ISource
    {
        public DecodedInstruction Make<TSize>(in Decoded decoded)
            where TSize : struct, IOperandSize =>
            new BinaryRegister<TOperation, TSize, TSource>(decoded.RegisterOf(0), source);
    }

    readonly struct RegisterMemoryMaker<TOperation> : IAddressedMaker
        where TOperation : struct, IBinaryOperation
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new BinaryRegisterMemory<TOperation, TSize, TAddressing>(decoded.RegisterOf(0), decoded.Address);
    }

    readonly struct MemoryMaker<TOperation, TSource>(TSource source) : IAddressedMaker
        where TOperation : struct, IBinaryOperation
        where TSource : struct, ISource
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new BinaryMemory<TOperation, TSize, TAddressing, TSource>(decoded.Address, source);
    }

    readonly struct LockedMaker<TOperation, TSource>(TSource source) : IAddressedMaker
        where TOperation : struct, IBinaryOperation
        where TSource : struct, ISource
    {
        public DecodedInstruction Make<TSize, TAddressing>(in Decoded decoded)
            where TSize : struct, IOperandSize
            where TAddressing : struct, IAddressing =>
            new LockedBinaryMemory<TOperation, TSize, TAddressing, TSource>(decoded.Address, source);
    }
}
