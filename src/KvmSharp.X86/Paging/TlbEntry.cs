namespace KvmSharp.X86.Paging;

/// <summary>A page of linear addresses and where it lies in guest physical memory, for one privilege.</summary>
/// <remarks>
/// The linear page stands once for each kind of access that needs no further look: a write to a page whose dirty bit is
/// not set yet, or that holds decoded code, does not match <see cref="Write"/>.
/// </remarks>
struct TlbEntry
{
    /// <summary>Matches no page: pages have zeros below.</summary>
    internal const ulong None = 1;

    internal ulong Read;
    internal ulong Write;
    internal ulong Execute;

    /// <summary>Guest physical minus linear address.</summary>
    internal ulong Addend;
}
