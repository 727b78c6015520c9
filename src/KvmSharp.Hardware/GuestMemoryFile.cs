using System;
using System.Runtime.Versioning;

namespace KvmSharp.Hardware;

/// <summary>
/// Memory that the guest maps and its user need not: a <c>guest_memfd</c> of one machine, pages of which stand behind its slots.
/// </summary>
/// <remarks>Thread-safe. Slots keep the memory after disposal.</remarks>
[SupportedOSPlatform("linux")]
public sealed class GuestMemoryFile : IDisposable
{
    internal GuestMemoryFile(GuestMemfd descriptor) => Descriptor = descriptor;

    /// <summary>Bytes.</summary>
    public ulong Size => Descriptor.Size;

    internal GuestMemfd Descriptor { get; }

    /// <summary>Closes the file.</summary>
    public void Dispose() => Descriptor.Dispose();
}
