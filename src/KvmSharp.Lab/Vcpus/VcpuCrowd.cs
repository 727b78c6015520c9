using System;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.Vcpus;

/// <summary>A machine with many vCPUs, or for many.</summary>
sealed class VcpuCrowd : IDisposable
{
    internal VcpuCrowd(VcpuStoreDesign store, int maxCount, VcpuNumbering numbering = VcpuNumbering.Dense)
    {
        Ids = numbering.Ids(maxCount);
        Machine = new VirtualMachine(new VirtualMachineOptions
        {
            VcpuStore = store,
            MaxVcpus = maxCount,
            MaxVcpuIds = VcpuNumberings.MaxIds,
        });
    }

    internal VirtualMachine Machine { get; }

    /// <summary>The ids of all vCPUs there are to be, in order of index.</summary>
    internal VcpuId[] Ids { get; }

    internal VcpuTable Table => Machine.Vcpus;

    internal void CreateAll()
    {
        foreach (VcpuId id in Ids)
            Table.Create(id);
    }

    public void Dispose() => Machine.Dispose();
}
