using System.Runtime.Versioning;

namespace KvmSharp.Hardware;

/// <summary>A file of memory that belongs to one machine and backs slots of it.</summary>
[SupportedOSPlatform("linux")]
sealed class GuestMemfd(int descriptor, ulong size) : KvmDescriptor(descriptor)
{
    /// <summary>Bytes.</summary>
    internal ulong Size => size;
}
