using System;
using System.Runtime.InteropServices;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>
/// What a program in user mode can see of its CPU: 16 general registers, RFLAGS, and x87, MMX, SSE state as an FXSAVE
/// image. A plain block of bytes, as the trampoline loads and saves it.
/// </summary>
sealed class UserState
{
    internal const int RflagsOffset = 0x80;
    internal const int FxOffset = 0x100;
    internal const int FxSize = 512;

    // Within the FXSAVE image.
    internal const int StackOffset = 32;
    internal const int XmmOffset = 160;
    internal const int Size = FxOffset + FxSize;

    readonly byte[] _bytes = new byte[Size];

    public Span<byte> Bytes => _bytes;

    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</summary>
    public Span<ulong> Gprs => MemoryMarshal.Cast<byte, ulong>(_bytes.AsSpan(0, RflagsOffset));

    public ref ulong Rflags => ref MemoryMarshal.Cast<byte, ulong>(_bytes.AsSpan(RflagsOffset, sizeof(ulong)))[0];

    /// <summary>The FXSAVE image in its 64-bit form.</summary>
    public Span<byte> Fx => _bytes.AsSpan(FxOffset, FxSize);

    public ref ushort ControlWord => ref Fx16(0);

    public ref ushort StatusWord => ref Fx16(2);

    /// <summary>FXSAVE's tag byte: a bit for each physical register in use.</summary>
    public ref byte Tags => ref Fx[4];

    public ref uint Mxcsr => ref MemoryMarshal.Cast<byte, uint>(Fx.Slice(24, 4))[0];

    /// <summary>The sixteen bytes that hold ST(i), or MMi in the first eight.</summary>
    public Span<byte> St(int i) => Fx.Slice(StackOffset + (16 * i), 16);

    public Span<byte> Xmm(int i) => Fx.Slice(XmmOffset + (16 * i), 16);

    public void CopyTo(UserState other) => _bytes.CopyTo(other._bytes.AsSpan());

    /// <summary>A state in which every instruction may run: flags clear, x87 empty, all exceptions masked.</summary>
    public void Reset()
    {
        Bytes.Clear();
        Rflags = 0x202;
        ControlWord = 0x37f;
        Mxcsr = 0x1f80;
    }

    ref ushort Fx16(int offset) => ref MemoryMarshal.Cast<byte, ushort>(Fx.Slice(offset, 2))[0];
}
