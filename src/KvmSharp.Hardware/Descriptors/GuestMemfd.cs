using System.Runtime.Versioning;
using KvmSharp.Hardware.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.Hardware;

/// <summary>A file of memory that belongs to one machine and backs slots of it.</summary>
[SupportedOSPlatform("linux")]
sealed class GuestMemfd(int descriptor) : KvmDescriptor(descriptor)
{
    /// <summary>Another descriptor of the same file.</summary>
    /// <exception cref="KvmException">The process has no room for another.</exception>
    internal SafeFileHandle Duplicate()
    {
        int number = LibC.fcntl(this, LibC.F_DUPFD_CLOEXEC, 0);
        return number >= 0
            ? new SafeFileHandle(number, ownsHandle: true)
            : throw new KvmException("fcntl", Call.LastErrno(), "F_DUPFD_CLOEXEC of a guest_memfd");
    }
}
