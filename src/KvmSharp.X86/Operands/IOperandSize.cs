using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>The size of an operation as a type, so that each operation is compiled for it without a branch.</summary>
/// <remarks>
/// Values travel as 64 bits. What is read from a register or from memory is zero-extended; what is written may have
/// anything above the size.
/// </remarks>
interface IOperandSize
{
    static abstract int Bits { get; }

    static int BytesOf<TSize>()
        where TSize : struct, IOperandSize => TSize.Bits / 8;

    /// <summary>Zeros above the size.</summary>
    static abstract ulong Truncate(ulong value);

    /// <summary>The sign above the size.</summary>
    static abstract long SignExtend(ulong value);

    /// <summary>Rotates a zero-extended value; the count is taken modulo the size. The result is zero-extended.</summary>
    static abstract ulong RotateLeft(ulong value, int count);

    /// <inheritdoc cref="RotateLeft"/>
    static abstract ulong RotateRight(ulong value, int count);

    /// <summary>Takes a register of this size out of the general register that it is part of; zero-extended.</summary>
    static abstract ulong Extract(ulong whole, int register);

    /// <summary>What a general register becomes when the register of this size in it is written.</summary>
    static abstract ulong Insert(ulong whole, int register, ulong value);

    static abstract ulong Read(ref Registers registers, int register);

    /// <summary>Writes a register as the size does: 32 bits clear the upper half, 8 and 16 leave the rest alone.</summary>
    static abstract void Write(ref Registers registers, int register, ulong value);

    /// <inheritdoc cref="Cpu.TryLoad"/>
    static abstract bool TryLoad(Cpu cpu, ulong linear, out ulong value);

    /// <inheritdoc cref="Cpu.TryLoadForUpdate"/>
    static abstract bool TryLoadForUpdate(Cpu cpu, ulong linear, out ulong value);

    /// <inheritdoc cref="Cpu.TryStore"/>
    static abstract bool TryStore(Cpu cpu, ulong linear, ulong value);

    /// <inheritdoc cref="Cpu.TryCompareExchange"/>
    static abstract bool TryCompareExchange(Cpu cpu, ulong linear, ulong value, ulong comparand, out ulong original);
}
