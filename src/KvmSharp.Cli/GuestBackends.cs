using System;
using System.Collections.Generic;
using KvmSharp.Backends;
using KvmSharp.Hardware;
using KvmSharp.X86;

namespace KvmSharp.Cli;

/// <summary>What can run guests, by name. A new one is one line here.</summary>
static class GuestBackends
{
    internal static IReadOnlyList<IBackend> All { get; } = OperatingSystem.IsLinux()
        ? [SoftwareBackend.Instance, new HardwareBackend()]
        : [SoftwareBackend.Instance];

    /// <summary>What runs a guest when nothing is chosen: it works everywhere.</summary>
    internal static IBackend Default => SoftwareBackend.Instance;
}
