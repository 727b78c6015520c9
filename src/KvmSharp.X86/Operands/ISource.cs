using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>The second operand of an operation, when it is not memory.</summary>
interface ISource
{
    ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize;
}

/// <summary>A general register of the operation's size.</summary>
readonly struct RegisterSource(int register) : ISource
{
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Read(ref registers, register);
}

/// <summary>A constant in the instruction.</summary>
readonly struct ImmediateSource(ulong value) : ISource
{
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => TSize.Truncate(value);
}

/// <summary>CL, whatever the size: how far a shift goes.</summary>
readonly struct CountSource : ISource
{
    public ulong Read<TSize>(ref Registers registers)
        where TSize : struct, IOperandSize => (byte)registers[Register.Rcx];
}
