using System.Collections.Generic;
using KvmSharp.Lab.Vcpus.Stores;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>The ways to keep vCPUs: those that were on record for KVM, and the default.</summary>
public static class VcpuStores
{
    const int FormerMaximum = 512;
    const int Maximum = 1024;
    const int Step = 64;

    /// <summary>All of them, in the order in which they are shown. A new one is one line here.</summary>
    public static IReadOnlyList<VcpuStoreDesign> All { get; } =
    [
        FixedArrayStore.OfLength(FormerMaximum),
        FixedArrayStore.OfLength(Maximum),
        FixedArrayStore.SizedAtCreation,
        RcuArrayStore.GrowingBy(Step),
        RcuArrayStore.Doubling,
        ListStore.Design,
        CachedArrayStore.Design,
        XarrayStore.Design,
        CopiedArrayStore.Design,
    ];

    /// <summary>What a machine gets when nothing is chosen.</summary>
    public static VcpuStoreDesign Default { get; } = new VirtualMachineOptions().VcpuStore;
}
