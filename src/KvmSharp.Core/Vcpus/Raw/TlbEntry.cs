namespace KvmSharp.Vcpus.Raw;

/// <summary>One entry of a vCPU's own TLB: a guest page and where it lies in this process.</summary>
/// <remarks>
/// <code>
/// tag:     63          12  11        10         9 … 0
///          guest page      Invalid   ReadOnly   0
/// addend:  host address of the page − guest address of the page
/// </code>
/// Invariant: an entry whose tag is not invalid points at a page of a slot that the second stage mapped when the entry
/// was made, and no zap of that page has been answered since.
/// </remarks>
struct TlbEntry
{
    internal const ulong ReadOnly = 1UL << 10;
    internal const ulong Invalid = 1UL << 11;

    internal ulong Tag;
    internal ulong Addend;
}
