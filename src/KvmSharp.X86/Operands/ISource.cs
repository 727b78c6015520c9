using System.Runtime.CompilerServices;
using KvmSharp.X86.State;
using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operands;

/// <summary>The second operand of an operation, when it is not memory.</summary>
interface ISource
{
    ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize;

    /// <summary>Appends code that pushes what <see cref="Read"/> returns.</summary>
    void Push<TSize>(RegionEmitter code)
        where TSize : struct, IOperandSize;
}

/// <summary>A general register of the operation's size.</summary>
readonly struct RegisterSource(int register) : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Read(ref registers, register);

    public void Push<TSize>(RegionEmitter code)
        where TSize : struct, IOperandSize => code.PushRegister<TSize>(register);
}

/// <summary>A constant in the instruction.</summary>
readonly struct ImmediateSource(ulong value) : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Truncate(value);

    public void Push<TSize>(RegionEmitter code)
        where TSize : struct, IOperandSize => code.PushConstant(TSize.Truncate(value));
}

/// <summary>CL, whatever the size: how far a shift goes.</summary>
readonly struct CountSource : ISource
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => (byte)registers[Register.Rcx];

    public void Push<TSize>(RegionEmitter code)
        where TSize : struct, IOperandSize => code.PushRegister<Byte8>(Register.Rcx);
}
