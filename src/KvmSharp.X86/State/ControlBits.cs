namespace KvmSharp.X86.State;

/// <summary>The bits of CR0.</summary>
static class Cr0
{
    internal const ulong PE = 1UL << 0;
    internal const ulong MP = 1UL << 1;
    internal const ulong EM = 1UL << 2;
    internal const ulong TS = 1UL << 3;
    internal const ulong ET = 1UL << 4;
    internal const ulong NE = 1UL << 5;
    internal const ulong WP = 1UL << 16;
    internal const ulong AM = 1UL << 18;
    internal const ulong NW = 1UL << 29;
    internal const ulong CD = 1UL << 30;
    internal const ulong PG = 1UL << 31;
    internal const ulong Defined = PE | MP | EM | TS | ET | NE | WP | AM | NW | CD | PG;
    internal const ulong AtReset = CD | NW | ET;

    /// <summary>What changes how addresses are translated.</summary>
    internal const ulong Paging = PE | WP | PG;
}

/// <summary>The bits of CR4 that this CPU has.</summary>
static class Cr4
{
    internal const ulong TSD = 1UL << 2;
    internal const ulong DE = 1UL << 3;
    internal const ulong PSE = 1UL << 4;
    internal const ulong PAE = 1UL << 5;
    internal const ulong MCE = 1UL << 6;
    internal const ulong PGE = 1UL << 7;
    internal const ulong OSFXSR = 1UL << 9;
    internal const ulong OSXMMEXCPT = 1UL << 10;
    internal const ulong UMIP = 1UL << 11;
    internal const ulong LA57 = 1UL << 12;
    internal const ulong FSGSBASE = 1UL << 16;
    internal const ulong OSXSAVE = 1UL << 18;
    internal const ulong SMEP = 1UL << 20;
    internal const ulong SMAP = 1UL << 21;
    internal const ulong Defined =
        TSD | DE | PSE | PAE | MCE | PGE | OSFXSR | OSXMMEXCPT | UMIP | LA57 | FSGSBASE | OSXSAVE | SMEP | SMAP;

    /// <summary>What changes how addresses are translated.</summary>
    internal const ulong Paging = PSE | PAE | PGE | LA57 | SMEP | SMAP;
}

/// <summary>The bits of EFER.</summary>
static class Efer
{
    internal const ulong SCE = 1UL << 0;
    internal const ulong LME = 1UL << 8;
    internal const ulong LMA = 1UL << 10;
    internal const ulong NXE = 1UL << 11;
    internal const ulong Defined = SCE | LME | LMA | NXE;
}

/// <summary>The bits of DR6 and DR7.</summary>
static class DebugBits
{
    /// <summary>DR6: a single step was taken.</summary>
    internal const ulong BS = 1UL << 14;

    /// <summary>DR6: a debug register was accessed while DR7.GD was set.</summary>
    internal const ulong BD = 1UL << 13;

    /// <summary>DR6: the breakpoints that were hit.</summary>
    internal const ulong Hits = 0xF;

    internal const ulong Dr6AlwaysSet = 0xFFFF0FF0;
    internal const ulong Dr6Defined = BS | BD | Hits | (1UL << 15);

    internal const ulong Dr7AlwaysSet = 0x400;
    internal const ulong Dr7Defined = 0xFFFF_2BFF & ~0x400UL;

    /// <summary>DR7: general detect.</summary>
    internal const ulong GD = 1UL << 13;

    /// <summary>DR7: the local and global enable bits of the four breakpoints.</summary>
    internal const ulong Enables = 0xFF;

    const int KindShift = 16;
    const int BitsPerBreakpoint = 4;

    /// <summary>Whether DR7 enables a breakpoint, locally or globally.</summary>
    internal static bool IsEnabled(ulong dr7, int index) => ((dr7 >> (2 * index)) & 3) != 0;

    /// <summary>What DR7 watches for: 0 execution, 1 writes, 2 ports (not used), 3 reads and writes.</summary>
    internal static int KindOf(ulong dr7, int index) => (int)(dr7 >> (KindShift + (BitsPerBreakpoint * index))) & 3;

    /// <summary>How many bytes DR7 watches.</summary>
    internal static int LengthOf(ulong dr7, int index) =>
        ((int)(dr7 >> (KindShift + 2 + (BitsPerBreakpoint * index))) & 3) switch
        {
            0 => 1,
            1 => 2,
            2 => 8,
            _ => 4,
        };
}
