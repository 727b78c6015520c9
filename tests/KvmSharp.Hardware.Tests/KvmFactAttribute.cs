using System;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>A test that needs machines on <c>/dev/kvm</c>; elsewhere it is skipped, and says why.</summary>
public sealed class KvmFactAttribute : FactAttribute
{
    static readonly string? _obstacle = FindObstacle();

    public KvmFactAttribute() => Skip = _obstacle;

    static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux())
            return "/dev/kvm is Linux'";
        return new HardwareBackend().IsAvailable(out string? reason) ? null : $"no machines on /dev/kvm here: {reason}";
    }
}
