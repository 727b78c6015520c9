using System.Runtime.Versioning;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;

namespace KvmSharp.Hardware;

/// <summary>A file of memory that the kernel has made for a machine.</summary>
[SupportedOSPlatform("linux")]
sealed class GuestMemfdFile(MemorySlots slots, GuestMemfd descriptor, ulong size, GuestMemoryFlags flags)
    : GuestMemoryFile(slots, size, flags)
{
    internal GuestMemfd Descriptor => descriptor;

    /// <inheritdoc/>
    protected override HostMapping MapShared() => FileMemory.Map(descriptor.Duplicate(), 0, Size, FileMemoryAccess.Shared);

    /// <inheritdoc/>
    protected override void Close() => descriptor.Dispose();
}
