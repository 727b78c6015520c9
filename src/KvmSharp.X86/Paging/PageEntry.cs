namespace KvmSharp.X86.Paging;

/// <summary>The bits of an entry of a guest's page tables.</summary>
/// <remarks>
/// <code>
///  63  62:52   51 … 12        11:9  8  7     6  5  4:3    2  1  0
///  NX  –       physical page  –     G  PS    D  A  cache  U  W  P
/// </code>
/// In tables of 32-bit entries there is no NX, and bits 31:12 are the page.
/// </remarks>
static class PageEntry
{
    internal const ulong Present = 1UL << 0;
    internal const ulong Writable = 1UL << 1;
    internal const ulong User = 1UL << 2;
    internal const ulong Accessed = 1UL << 5;
    internal const ulong Dirty = 1UL << 6;
    internal const ulong Large = 1UL << 7;
    internal const ulong NoExecute = 1UL << 63;

    /// <summary>The bits that name a page or table, whatever the machine's physical address width.</summary>
    internal const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>Ignored in tables of 4-level and 5-level paging.</summary>
    internal const ulong IgnoredHigh = 0x7FF0_0000_0000_0000;
}
