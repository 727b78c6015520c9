namespace KvmSharp.X86.State;

/// <summary>The bits of RFLAGS, and how they group.</summary>
/// <remarks>
/// <code>
///  21 20  19  18 17 16  14 13:12 11 10  9  8  7  6  4  2  1  0
///  ID VIP VIF AC VM RF  NT IOPL  OF DF IF TF SF ZF AF PF 1  CF
/// </code>
/// </remarks>
public static class RFlags
{
    /// <summary>Carry.</summary>
    public const ulong CF = 1UL << 0;

    /// <summary>The bit that is always set.</summary>
    public const ulong AlwaysSet = 1UL << 1;

    /// <summary>Parity: the low byte of the result has an even number of ones.</summary>
    public const ulong PF = 1UL << 2;

    /// <summary>Carry out of bit 3.</summary>
    public const ulong AF = 1UL << 4;

    /// <summary>Zero.</summary>
    public const ulong ZF = 1UL << 6;

    /// <summary>Sign.</summary>
    public const ulong SF = 1UL << 7;

    /// <summary>Trap after each instruction.</summary>
    public const ulong TF = 1UL << 8;

    /// <summary>External interrupts are let in.</summary>
    public const ulong IF = 1UL << 9;

    /// <summary>String instructions go downwards.</summary>
    public const ulong DF = 1UL << 10;

    /// <summary>Signed overflow.</summary>
    public const ulong OF = 1UL << 11;

    /// <summary>I/O privilege level, two bits.</summary>
    public const ulong IOPL = 3UL << IOPLShift;

    /// <summary>Nested task.</summary>
    public const ulong NT = 1UL << 14;

    /// <summary>Resume: instruction breakpoints are off for one instruction.</summary>
    public const ulong RF = 1UL << 16;

    /// <summary>Virtual-8086 mode.</summary>
    public const ulong VM = 1UL << 17;

    /// <summary>Alignment check, or with SMAP: the supervisor may touch user pages.</summary>
    public const ulong AC = 1UL << 18;

    /// <summary>Virtual interrupt flag.</summary>
    public const ulong VIF = 1UL << 19;

    /// <summary>Virtual interrupt pending.</summary>
    public const ulong VIP = 1UL << 20;

    /// <summary>Can be changed: there is CPUID.</summary>
    public const ulong ID = 1UL << 21;

    /// <summary>What arithmetic leaves behind.</summary>
    public const ulong Arithmetic = CF | PF | AF | ZF | SF | OF;

    /// <summary>All bits that exist.</summary>
    public const ulong Defined =
        Arithmetic | AlwaysSet | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

    internal const int IOPLShift = 12;
}
