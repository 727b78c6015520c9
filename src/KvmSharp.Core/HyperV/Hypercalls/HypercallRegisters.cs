using System;

namespace KvmSharp.HyperV.Hypercalls;

/// <summary>What a hypercall instruction finds in the processor's registers.</summary>
public readonly ref struct HypercallRegisters
{
    /// <summary>Halves of XMM0 … XMM5, eight bytes each, that fast input takes.</summary>
    public const int XmmHalves = 12;

    /// <summary>The registers by their part in the call.</summary>
    /// <param name="input">The input value.</param>
    /// <param name="first">The guest physical address of the input, or the first eight bytes of fast input.</param>
    /// <param name="second">The guest physical address of the output, or the second eight bytes of fast input.</param>
    /// <param name="xmm">
    /// XMM0 … XMM5 in halves, the low one first. Looked at for fast calls alone; empty where the processor has none.
    /// </param>
    public HypercallRegisters(HypercallInput input, ulong first, ulong second, ReadOnlySpan<ulong> xmm = default)
    {
        Input = input;
        First = first;
        Second = second;
        Xmm = xmm[..Math.Min(xmm.Length, XmmHalves)];
    }

    /// <summary>The input value.</summary>
    public HypercallInput Input { get; }

    /// <summary>The guest physical address of the input, or the first eight bytes of fast input.</summary>
    public ulong First { get; }

    /// <summary>The guest physical address of the output, or the second eight bytes of fast input.</summary>
    public ulong Second { get; }

    /// <summary>XMM0 … XMM5 in halves, the low one first.</summary>
    public ReadOnlySpan<ulong> Xmm { get; }

    /// <summary>Whether the processor is in protected mode at privilege level 0; elsewhere there are no hypercalls.</summary>
    public bool IsPrivileged { get; init; } = true;

    /// <summary>The registers of 64-bit mode. The result goes to RAX.</summary>
    public static HypercallRegisters In64BitMode(ulong rcx, ulong rdx, ulong r8, ReadOnlySpan<ulong> xmm = default) =>
        new(new HypercallInput(rcx), rdx, r8, xmm);

    /// <summary>The registers of other modes. The result goes to EDX:EAX.</summary>
    public static HypercallRegisters In32BitMode(
        uint eax, uint edx, uint ebx, uint ecx, uint edi, uint esi, ReadOnlySpan<ulong> xmm = default) =>
        new(new HypercallInput(Pair(edx, eax)), Pair(ebx, ecx), Pair(edi, esi), xmm);

    static ulong Pair(uint high, uint low) => (ulong)high << 32 | low;
}
