using System.Threading;
using KvmSharp.HyperV;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

// What the Hyper-V interface keeps for a vCPU: nothing until it is used.
partial class Vcpu
{
    HyperVVcpu? _hyperV;

    /// <summary>Its part of the Hyper-V interface, made when it is first asked for. From any thread.</summary>
    public HyperVVcpu HyperV =>
        Volatile.Read(ref _hyperV) ?? Interlocked.CompareExchange(ref _hyperV, new HyperVVcpu(this), null) ?? _hyperV;

    /// <summary>The number by which the guest knows it through the Hyper-V interface. From any thread.</summary>
    public VpIndex VpIndex =>
        Volatile.Read(ref _hyperV) is { } hyperV ? hyperV.VpIndex : new VpIndex((uint)Index.Value);

    /// <summary>Whether it may run guest code before it takes a request that was made of it.</summary>
    internal bool RunsBefore(VcpuRequest request)
    {
        long attention = Volatile.Read(ref Words.Attention);
        return (attention & Attention.Outside) == 0 && (attention & request.Bit) != 0;
    }
}
