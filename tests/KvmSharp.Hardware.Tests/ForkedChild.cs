using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>
/// A copy of this process that makes one call and ends. Only the calling thread lives on in it, so it may do nothing that
/// waits for another: no allocation, no first call of anything.
/// </summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "The child's errno is all there is to learn from it.")]
static class ForkedChild
{
    const int NoHang = 1;
    const int Kill = 9;

    /// <summary>What the call's errno is in the child; 0 when it succeeds there.</summary>
    internal static int Ioctl(SafeHandle descriptor, uint request)
    {
        int fd = (int)descriptor.DangerousGetHandle();
        // All of it once here, so that the child finds it compiled.
        Assert.Equal(-1, ioctl(-1, request, 0));
        Assert.NotEqual(0, Marshal.GetLastPInvokeError());

        int child = fork();
        if (child == 0)
            _exit(ioctl(fd, request, 0) == -1 ? Marshal.GetLastPInvokeError() : 0);

        Assert.True(child > 0, "there is no room for another process");
        long deadline = Environment.TickCount64 + 10_000;
        int status;
        while (waitpid(child, out status, NoHang) == 0)
        {
            Assert.True(Environment.TickCount64 < deadline || kill(child, Kill) != 0, "the child hangs");
            System.Threading.Thread.Yield();
        }
        Assert.Equal(0, status & 0x7f);
        return status >> 8 & 0xff;
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int fork();

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern void _exit(int status);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int ioctl(int fd, nuint request, nuint argument);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int waitpid(int pid, out int status, int options);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int kill(int pid, int sig);
}
