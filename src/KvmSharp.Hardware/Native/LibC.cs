using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace KvmSharp.Hardware.Native;

/// <summary>The calls to the host, letter for letter. Whoever calls one reads errno in the next statement.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("ApiDesign", "RS0030", Justification = "The generated half of this class lies outside the folder.")]
static unsafe partial class LibC
{
    internal const int O_RDWR = 0x2;
    internal const int O_CLOEXEC = 0x8_0000;

    internal const int F_DUPFD_CLOEXEC = 1030;

    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 0x1;
    internal const int MAP_PRIVATE = 0x2;
    internal const int MAP_FIXED = 0x10;
    internal const int MAP_ANONYMOUS = 0x20;

    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x8_0000;

    internal const short POLLIN = 0x1;

    internal const int SIG_BLOCK = 0;

    // What glibc and musl reserve for a signal set; the kernel takes the first eight bytes.
    internal const int SigsetBytes = 128;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string pathname, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(SafeHandle fd, int cmd, nint arg);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeHandle fd, nuint request, nuint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeHandle fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint addr, nuint length, int prot, int flags, SafeHandle fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint addr, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initval, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeHandle fd, void* buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(SafeHandle fd, void* buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollDescriptor* fds, nuint nfds, int timeout);

    [LibraryImport("libc")]
    internal static partial nuint pthread_self();

    [LibraryImport("libc")]
    internal static partial int pthread_kill(nuint thread, int sig);

    [LibraryImport("libc")]
    internal static partial int pthread_sigmask(int how, ulong* set, ulong* oldset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigtimedwait(ulong* set, void* info, nint* timeout);

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int fd;
        internal short events;
        internal short revents;
    }
}
