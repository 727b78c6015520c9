using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>The host's calls that the oracle needs: memory that may execute, and a word in on faults.</summary>
[SupportedOSPlatform("linux")]
[SuppressMessage("ApiDesign", "RS0030", Justification = "The generated half of this class lies outside the folder.")]
static unsafe partial class LibC
{
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int PROT_EXEC = 4;

    internal const int MAP_PRIVATE = 0x2;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_FIXED_NOREPLACE = 0x10_0000;

    internal const int SIGILL = 4;
    internal const int SIGBUS = 7;
    internal const int SIGFPE = 8;
    internal const int SIGSEGV = 11;

    internal const int SA_SIGINFO = 0x4;
    internal const int SA_ONSTACK = 0x0800_0000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mprotect(nint addr, nuint length, int prot);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signum, SignalAction* act, out SignalAction oldact);

    /// <summary>struct sigaction of x86-64 Linux, as the C libraries lay it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        internal nint Handler;
        internal fixed byte Mask[128];
        internal int Flags;
        internal nint Restorer;
    }
}
