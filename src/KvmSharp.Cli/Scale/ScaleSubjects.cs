using System.Collections.Generic;
using KvmSharp.Lab.DirtyLog;
using KvmSharp.Lab.HyperV;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots;
using KvmSharp.Lab.Vcpus;

namespace KvmSharp.Cli.Scale;

/// <summary>What <c>kvmsharp scale</c> can measure. A new subject is one line here.</summary>
static class ScaleSubjects
{
    internal static IReadOnlyList<ScaleSubject> All { get; } =
    [
        new SlotScale(SlotStores.All, SlotStores.Default),
        new VcpuScale(VcpuStores.All, VcpuStores.Default),
        new VpScale(),
        new DirtyScale(),
    ];
}
