using System;
using KvmSharp.HyperV;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Lab.HyperV;

/// <summary>A machine with many vCPUs that have VP indices below their number, each one.</summary>
sealed class VpCrowd : IDisposable
{
    const int Seed = 1;

    internal VpCrowd(VpDirectoryDesign design, int count, bool shuffled)
    {
        int most = Math.Max(count, new VirtualMachineOptions().MaxVcpus);
        Machine = new VirtualMachine(new VirtualMachineOptions
        {
            MaxVcpus = most,
            MaxVcpuIds = Math.Max(most, new VirtualMachineOptions().MaxVcpuIds),
            HyperV = new HyperVOptions { VpDirectory = design },
        });
        uint[] numbers = new uint[count];
        for (uint index = 0; index < numbers.Length; index++)
            numbers[index] = index;
        if (shuffled)
            new Random(Seed).Shuffle(numbers);
        for (uint index = 0; index < numbers.Length; index++)
            _ = Machine.Vcpus.Create(new VcpuId(index)).HyperV;
        foreach (Vcpu vcpu in Machine.Vcpus)
            vcpu.HyperV.TrySetVpIndex(new VpIndex(numbers[vcpu.Index.Value]));
    }

    internal VirtualMachine Machine { get; }

    internal VpDirectory Directory => Machine.HyperV.Directory;

    internal int Count => Machine.Vcpus.Count;

    public void Dispose() => Machine.Dispose();
}
