namespace KvmSharp.X86.Fpu;

/// <summary>What an x87 instruction does beyond its registers; the CPU carries it out.</summary>
struct X87Effects
{
    /// <summary><see cref="Memory"/> is to be written to the memory operand.</summary>
    internal bool StoresMemory;

    /// <summary>Up to ten bytes.</summary>
    internal Float80 Memory;

    /// <summary><see cref="Flags"/> are to be the arithmetic flags.</summary>
    internal bool SetsFlags;

    /// <summary>ZF, PF and CF, the other arithmetic flags clear.</summary>
    internal ulong Flags;
}
