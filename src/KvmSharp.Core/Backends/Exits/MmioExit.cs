using System.Globalization;
using KvmSharp.Addresses;

namespace KvmSharp.Backends;

/// <summary>
/// An access outside memory, or a write to a read-only slot. A longer access comes in pieces, one an exit; of one that
/// lies partly in memory only the rest comes.
/// </summary>
/// <param name="Address">Where.</param>
/// <param name="Length">Bytes: 1 … 8.</param>
/// <param name="IsWrite">Whether the guest gave data, or waits for it.</param>
public readonly record struct MmioExit(Gpa Address, int Length, bool IsWrite)
{
    /// <summary>Which way, where, and how much.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(IsWrite ? "write" : "read")} {Address} {Length}");
}
