using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>x87 and SSE registers: <c>struct kvm_fpu</c>, 416 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmFpu
{
    /// <summary>ST0 … ST7, 16 bytes each of which 10 are used; by their place on the stack.</summary>
    public KvmFpuRegisters Fpr;

    /// <summary>The control word.</summary>
    public ushort Fcw;

    /// <summary>The status word.</summary>
    public ushort Fsw;

    /// <summary>The tag word, a bit for each register that is not empty, as FXSAVE writes it.</summary>
    public byte Ftwx;

    readonly byte _padding1;

    /// <summary>The opcode of the last instruction.</summary>
    public ushort LastOpcode;

    /// <summary>The address of the last instruction.</summary>
    public ulong LastIp;

    /// <summary>The address of the last operand.</summary>
    public ulong LastDp;

    /// <summary>XMM0 … XMM15, 16 bytes each.</summary>
    public KvmXmmRegisters Xmm;

    /// <summary>The SSE control and status register.</summary>
    public uint Mxcsr;

    readonly uint _padding2;
}

/// <summary>Eight registers of 16 bytes.</summary>
[InlineArray(8 * 16)]
public struct KvmFpuRegisters
{
    byte _first;
}

/// <summary>Sixteen registers of 16 bytes.</summary>
[InlineArray(16 * 16)]
public struct KvmXmmRegisters
{
    byte _first;
}
