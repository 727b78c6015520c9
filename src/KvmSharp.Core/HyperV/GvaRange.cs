using System.Globalization;
using KvmSharp.Addresses;

namespace KvmSharp.HyperV;

/// <summary>Pages of guest virtual addresses to flush, as a flush call's list has them.</summary>
/// <remarks>
/// <code>
/// 63 … 12      11 … 0
/// page number  pages beyond the first
/// </code>
/// The guest chose it: pages whose address is not canonical are to be passed over.
/// </remarks>
/// <param name="Value">The word.</param>
public readonly record struct GvaRange(ulong Value)
{
    /// <summary>The most pages that a range can name.</summary>
    public const int MaxPages = (int)Page.OffsetMask + 1;

    /// <summary>The guest virtual address of the first page.</summary>
    public ulong Start => Value & ~Page.OffsetMask;

    /// <summary>Pages, 1 … <see cref="MaxPages"/>. They may run past the last address and go on at the first.</summary>
    public int PageCount => (int)(Value & Page.OffsetMask) + 1;

    /// <summary>The first page and the count in hex.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"gva:{Start:x}+0x{PageCount:x}");
}
