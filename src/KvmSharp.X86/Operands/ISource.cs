using System.Runtime.CompilerServices;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operands;

/// <summary>The second operand of an operation, when it is not memory.</summary>
interface ISource
{
    ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize;

    /// <summary>Appends itself as an argument of a call.</summary>
    void Push(BlockEmitter code);
}

/// <summary>A general register of the operation's size.</summary>
readonly struct RegisterSource(int register) : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Read(ref registers, register);

    public void Push(BlockEmitter code) => code.Push(Of, register);

    static RegisterSource Of(int register) => new(register);
}

/// <summary>A constant in the instruction.</summary>
readonly struct ImmediateSource(ulong value) : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Truncate(value);

    public void Push(BlockEmitter code) => code.Push(Of, value);

    static ImmediateSource Of(ulong value) => new(value);
}

/// <summary>CL, whatever the size: how far a shift goes.</summary>
readonly struct CountSource : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => (byte)registers[Register.Rcx];

    public void Push(BlockEmitter code) => code.Push(Of, 0);

    static CountSource Of(int unused) => default;
}
