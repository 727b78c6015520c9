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

    /// <summary>
    /// Whether its owner has entered guest mode and not left it, whatever the library does meanwhile: a fault is handled,
    /// and a device answers, outside guest mode as the library sees it, but in the middle of an instruction.
    /// </summary>
    internal bool HasEntered => (Volatile.Read(ref Words.Attention) & Attention.Entered) != 0;

    /// <summary>Whether it may go on with guest code before it takes a request that was made of it.</summary>
    internal bool RunsBefore(VcpuRequest request)
    {
        // Pairs with TryEnterGuest: either the mark is seen here, or the owner sees the request.
        long attention = Volatile.Read(ref Words.Attention);
        return (attention & Attention.Entered) != 0 && (attention & request.Bit) != 0;
    }
}
