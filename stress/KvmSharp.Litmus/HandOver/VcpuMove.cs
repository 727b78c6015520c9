using System;
using KvmSharp.Lab.Vcpus.Stores;
using KvmSharp.Vcpus;

namespace KvmSharp.Litmus.HandOver;

/// <summary>The cached array of a live machine: its vCPU is in guest mode and finds every peer that is online.</summary>
sealed class VcpuMove() : MoveRace("cached-array", isBroken: false)
{
    const int Vcpus = 600;

    // Forgotten machines are the collector's.
    VcpuTable? _vcpus;
    Vcpu? _vcpu;
    bool _entered;

    protected override void Begin()
    {
        _vcpus = new VirtualMachine(new VirtualMachineOptions { VcpuStore = CachedArrayStore.Design }).Vcpus;
        _vcpu = _vcpus.Create(new VcpuId(0));
    }

    protected override int Grow()
    {
        int replaced = 0;
        for (int index = 1; index < Vcpus; index++)
        {
            replaced += (index & (index - 1)) == 0 ? 1 : 0;
            _vcpus!.Create(new VcpuId((uint)index));
        }
        return replaced;
    }

    protected override bool Look(Random random, out bool moved)
    {
        // A request may have made it leave.
        if (!_entered || _vcpu!.NeedsExit)
        {
            Leave();
            _entered = _vcpu!.TryEnterGuest();
        }
        moved = _vcpu.MustMoveTable;
        int index = random.Next(_vcpus!.Count);
        return _vcpu.TryGetPeer(new VcpuIndex(index), out Vcpu? peer) && peer.Index.Value == index;
    }

    protected override void Leave()
    {
        if (_entered)
            _vcpu!.ExitGuest();
        _entered = false;
    }
}
