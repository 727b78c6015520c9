using System;
using System.Linq;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>A machine with many vCPUs, a plain array of them, and lookups in no order.</summary>
sealed class VcpuCrowd : IDisposable
{
    // A power of two, so that going round is a mask.
    internal const int Lookups = 1 << 12;

    const int Seed = 1;

    readonly int[] _order;

    internal VcpuCrowd(int count, Func<int, int>? idOf = null)
    {
        Machine = new VirtualMachine(new VirtualMachineOptions { MaxVcpus = count, MaxVcpuIds = 1 << 20 });
        Array = [.. Enumerable.Range(0, count).Select(index => Machine.Vcpus.Create(IdOf(index)))];
        var random = new Random(Seed);
        _order = [.. Enumerable.Range(0, Lookups).Select(_ => random.Next(count))];
        Indices = [.. _order.Select(index => new VcpuIndex(index))];
        Ids = [.. _order.Select(IdOf)];

        VcpuId IdOf(int index) => new((uint)(idOf is null ? index : idOf(index)));
    }

    internal VirtualMachine Machine { get; }

    internal Vcpu[] Array { get; }

    internal VcpuIndex[] Indices { get; }

    internal VcpuId[] Ids { get; }

    /// <summary>APIC ids that keep three bits for the cores of a package with six.</summary>
    internal static int ApicId(int index) => (index / 6 * 8) + (index % 6);

    internal int FindInArray()
    {
        Vcpu[] array = Array;
        int found = 0;
        foreach (int index in _order)
            found += (uint)index < (uint)array.Length && array[index] is not null ? 1 : 0;
        return found;
    }

    internal int FindByIndex()
    {
        VcpuTable table = Machine.Vcpus;
        int found = 0;
        foreach (VcpuIndex index in Indices)
            found += table.TryGet(index, out _) ? 1 : 0;
        return found;
    }

    internal int FindById()
    {
        VcpuTable table = Machine.Vcpus;
        int found = 0;
        foreach (VcpuId id in Ids)
            found += table.TryFind(id, out _) ? 1 : 0;
        return found;
    }

    public void Dispose() => Machine.Dispose();
}
