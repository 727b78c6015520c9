using System.Runtime.InteropServices;

namespace KvmSharp.Backends;

/// <summary>A segment register with its hidden part: <c>struct kvm_segment</c>, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSegment
{
    /// <summary>The linear address of its first byte.</summary>
    public ulong Base;

    /// <summary>The offset of its last byte, in bytes whatever the granularity.</summary>
    public uint Limit;

    /// <summary>The visible part.</summary>
    public ushort Selector;

    /// <summary>The descriptor's type field, 4 bits.</summary>
    public byte Type;

    /// <summary>The present bit.</summary>
    public byte Present;

    /// <summary>The descriptor privilege level, 0 … 3.</summary>
    public byte Dpl;

    /// <summary>The D/B bit: 32-bit code or stack.</summary>
    public byte Db;

    /// <summary>The S bit: code or data rather than a system segment.</summary>
    public byte S;

    /// <summary>The L bit: 64-bit code.</summary>
    public byte L;

    /// <summary>The granularity bit.</summary>
    public byte G;

    /// <summary>The bit for the system's use.</summary>
    public byte Avl;

    /// <summary>Whether the register holds no segment.</summary>
    public byte Unusable;

    readonly byte _padding;
}
