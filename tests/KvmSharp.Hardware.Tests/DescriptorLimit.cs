using System;
using System.Runtime.InteropServices;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>Keeps this process from opening any more descriptors, until it is disposed.</summary>
sealed class DescriptorLimit : IDisposable
{
    const int NoFile = 7;

    readonly Limit _before;

    DescriptorLimit(Limit before) => _before = before;

    internal static DescriptorLimit None()
    {
        Assert.Equal(0, getrlimit(NoFile, out Limit before));
        var none = new Limit { Soft = 0, Hard = before.Hard };
        Assert.Equal(0, setrlimit(NoFile, none));
        return new DescriptorLimit(before);
    }

    public void Dispose() => Assert.Equal(0, setrlimit(NoFile, _before));

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int getrlimit(int resource, out Limit limit);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int setrlimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    struct Limit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
