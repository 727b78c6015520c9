using System.Globalization;

namespace KvmSharp.HostMemory;

/// <summary>A part of a mapping, in bytes. Whoever takes an extent checks that it lies in the mapping.</summary>
/// <param name="Mapping">The mapping.</param>
/// <param name="Offset">Bytes from the start of the mapping; a page multiple.</param>
/// <param name="Length">Bytes in the extent; a page multiple, not zero.</param>
public readonly record struct HostExtent(HostMapping Mapping, ulong Offset, ulong Length)
{
    /// <summary>The mapping and the extent in hex.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Mapping?.Range}+[0x{Offset:x},0x{Offset + Length:x})");
}
