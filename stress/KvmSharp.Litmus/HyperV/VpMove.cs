using System;
using KvmSharp.HyperV;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.HyperV;

/// <summary>The library: a vCPU changes its VP index, and a set of both is translated.</summary>
sealed class VpMove() : MoveRace("VpBankDirectory", isBroken: false)
{
    // In banks of their own, neither of them the vCPU's index.
    static readonly VpIndex _first = new(100);
    static readonly VpIndex _second = new(200);

    Vcpu? _vcpu;

    internal override Observation Run(TimeSpan duration)
    {
        using var machine = new VirtualMachine();
        _vcpu = machine.Vcpus.Create(new VcpuId(0));
        return base.Run(duration);
    }

    protected override void Move(bool toFirst) => _vcpu!.HyperV.TrySetVpIndex(toFirst ? _first : _second);

    protected override bool IsAnywhere() => IsIn([_first, _second]);

    protected override bool IsFirst() => IsIn([_first]);

    bool IsIn(ReadOnlySpan<VpIndex> members)
    {
        Span<ulong> banks = stackalloc ulong[members.Length];
        HyperVMachine hyperV = _vcpu!.Machine.HyperV;
        Span<ulong> words = stackalloc ulong[VcpuMask.WordsFor(hyperV.VpLimit)];
        var vcpus = new VcpuMask(words);
        hyperV.Translate(SparseVpSet.Of(members, banks), vcpus);
        return vcpus.Contains(_vcpu.Index);
    }
}
