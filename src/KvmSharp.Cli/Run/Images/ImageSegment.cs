using System;
using KvmSharp.Addresses;

namespace KvmSharp.Cli.Run.Images;

/// <summary>A part of an image.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="Contents">What goes there.</param>
/// <param name="MemoryBytes">Bytes it takes; what lies behind its contents is zero.</param>
readonly record struct ImageSegment(Gpa Address, ReadOnlyMemory<byte> Contents, ulong MemoryBytes)
{
    /// <summary>The address behind its last byte; the image's reader has proved that it does not wrap.</summary>
    internal Gpa End => Address + MemoryBytes;
}
