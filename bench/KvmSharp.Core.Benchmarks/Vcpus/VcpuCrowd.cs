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
    const int MaxIds = 1 << 20;

    // Distinct, and in no order.
    static readonly int[] _strewn = [.. new Random(Seed).GetItems(Enumerable.Range(0, MaxIds).ToArray(), 1 << 14).Distinct()];

    readonly int[] _order;
    readonly Vcpu?[] _byId;

    internal VcpuCrowd(int count, Func<int, int>? idOf = null)
    {
        Machine = new VirtualMachine(new VirtualMachineOptions { MaxVcpus = count, MaxVcpuIds = MaxIds });
        Array = [.. Enumerable.Range(0, count).Select(index => Machine.Vcpus.Create(IdOf(index)))];
        var random = new Random(Seed);
        _order = [.. Enumerable.Range(0, Lookups).Select(_ => random.Next(count))];
        Indices = [.. _order.Select(index => new VcpuIndex(index))];
        Ids = [.. _order.Select(IdOf)];
        _byId = new Vcpu?[Array.Max(vcpu => vcpu.Id.Value) + 1];
        foreach (Vcpu vcpu in Array)
            _byId[vcpu.Id.Value] = vcpu;

        VcpuId IdOf(int index) => new((uint)(idOf is null ? index : idOf(index)));
    }

    internal VirtualMachine Machine { get; }

    internal Vcpu[] Array { get; }

    internal VcpuIndex[] Indices { get; }

    internal VcpuId[] Ids { get; }

    /// <summary>APIC ids that keep three bits for the cores of a package with six.</summary>
    internal static int ApicId(int index) => (index / 6 * 8) + (index % 6);

    /// <summary>Ids strewn below 2^20.</summary>
    internal static int StrewnId(int index) => _strewn[index];

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

    /// <summary>The same in an array with a place for every id there may be: what no table of the same use can beat.</summary>
    internal int FindInArrayById()
    {
        Vcpu?[] array = _byId;
        int found = 0;
        foreach (VcpuId id in Ids)
            found += id.Value < (uint)array.Length && array[id.Value] is not null ? 1 : 0;
        return found;
    }

    public void Dispose() => Machine.Dispose();
}
