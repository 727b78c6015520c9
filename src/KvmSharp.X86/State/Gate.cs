namespace KvmSharp.X86.State;

/// <summary>An entry of the interrupt table, or a call gate.</summary>
/// <remarks>
/// <code>
///  95:64          63:48         47  46:45  43:40  36:32             31:16     15:0
///  offset 63:32   offset 31:16  P   DPL    type   IST, parameters   selector  offset 15:0
/// </code>
/// </remarks>
readonly struct Gate(ulong low, ulong high)
{
    internal const uint CallNarrow = 0x4;
    internal const uint TaskGate = 0x5;
    internal const uint CallWide = 0xC;
    const uint InterruptNarrow = 0x6;
    const uint Wide = 0x8;

    internal uint Type => (uint)(low >> 40) & Segment.TypeMask;

    /// <summary>Whether it leads to a handler in the same task.</summary>
    internal bool IsInterruptOrTrap => (low & (1UL << 44)) == 0 && (Type & ~(Wide | 1)) == InterruptNarrow;

    /// <summary>Whether external interrupts are off in the handler.</summary>
    internal bool IsInterrupt => (Type & 1) == 0;

    /// <summary>Whether it pushes 32 bits, or in 64-bit mode 64, rather than 16.</summary>
    internal bool IsWide => (Type & Wide) != 0;

    internal bool IsPresent => (low & (1UL << 47)) != 0;

    internal int Dpl => (int)(low >> 45) & 3;

    internal Selector Selector => new((ushort)(low >> 16));

    internal ulong Offset => (low & 0xFFFF) | ((low >> 32) & 0xFFFF_0000) | (high << 32);

    /// <summary>Which entry of the interrupt stack table is the handler's stack, 1 … 7; 0 for none.</summary>
    internal int StackTable => (int)(low >> 32) & 7;

    /// <summary>How many parameters a call gate copies.</summary>
    internal int Parameters => (int)(low >> 32) & 0x1F;

    /// <summary>Whether the upper half has a type, as it must not in 64-bit mode.</summary>
    internal bool HasUpperType => (high & (0x1FUL << 40)) != 0;
}
