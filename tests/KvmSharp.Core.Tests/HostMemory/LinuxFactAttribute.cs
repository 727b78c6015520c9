using System;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

/// <summary>A fact about what Linux does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "needs Linux";
    }
}
