using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.HyperV;

/// <summary>A machine's Hyper-V interface: which vCPU has which VP index, and what its vCPUs share.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class HyperVMachine
{
    readonly VirtualMachine _machine;
    readonly VpDirectory _directory;

    // Taken by whoever changes a VP index.
    readonly Lock _moving = new();

    // Written under _moving, read with Volatile.Read.
    int _mismatched;

    long _guestOsId;
    long _hypercallPage;
    IFixedInterrupts? _interrupts;

    internal HyperVMachine(VirtualMachine machine)
    {
        _machine = machine;
        _directory = machine.Options.HyperV.VpDirectory.Create(machine);
    }

    /// <summary>What was chosen when the machine was created.</summary>
    public HyperVOptions Options => _machine.Options.HyperV;

    /// <summary>VP indices lie below this: the number of vCPUs a machine may have.</summary>
    public int VpLimit => _directory.Limit;

    /// <summary>vCPUs whose VP index is not their index (<c>num_mismatched_vp_indexes</c>).</summary>
    public int MismatchedVpIndices => Volatile.Read(ref _mismatched);

    /// <summary>What the guest says it is; hypercalls are open while it is not 0. Shared by the vCPUs.</summary>
    public ulong GuestOsId
    {
        get => (ulong)Volatile.Read(ref _guestOsId);
        set
        {
            Volatile.Write(ref _guestOsId, (long)value);
            if (value == 0)
                Interlocked.And(ref _hypercallPage, ~(long)HypercallPage.Enabled);
        }
    }

    /// <summary>The register of the hypercall page, whose bits are <see cref="HypercallPage"/>'s. Shared by the vCPUs.</summary>
    internal ulong HypercallRegister
    {
        get => (ulong)Volatile.Read(ref _hypercallPage);
        set => Volatile.Write(ref _hypercallPage, (long)value);
    }

    /// <summary>The local APICs: the machine's own, unless others are set. Without any there are no IPI calls.</summary>
    public IFixedInterrupts? Interrupts
    {
        get => Volatile.Read(ref _interrupts) ?? _machine.Irqchip;
        set => Volatile.Write(ref _interrupts, value);
    }

    /// <summary>The way from VP index to vCPU.</summary>
    internal VpDirectory Directory => _directory;

    /// <summary>Called by whoever waits for a vCPU to flush, each time it finds that it has not.</summary>
    internal Action<Vcpu>? TestHookFlushAwaited { get; set; }

    /// <summary>
    /// Finds a vCPU by VP index: the one at that index if it has it, else the lowest index that has. Takes constant time
    /// in the default design.
    /// </summary>
    /// <returns><see langword="false"/> when no vCPU has it.</returns>
    public bool TryFind(VpIndex vp, [NotNullWhen(true)] out Vcpu? vcpu) => _directory.TryFind(vp, out vcpu);

    /// <summary>Translates a set of VP indices to all vCPUs that have one of them.</summary>
    /// <param name="set">The set; VP indices from <see cref="VpLimit"/> on are passed over.</param>
    /// <param name="vcpus">
    /// What it becomes, of <see cref="VcpuMask.WordsFor"/> of <see cref="VpLimit"/> words. There may be members that are
    /// not online; they are to be passed over.
    /// </param>
    public void Translate(in SparseVpSet set, VcpuMask vcpus) => _directory.Translate(set, vcpus);

    /// <summary>Changes a vCPU's VP index.</summary>
    /// <returns>
    /// <see langword="false"/> when it is not below <see cref="VpLimit"/>, or the vCPU was removed; nothing has changed then.
    /// </returns>
    internal bool TryMove(HyperVVcpu vcpu, VpIndex to)
    {
        if (to.Value >= (uint)VpLimit)
            return false;
        lock (_moving)
        {
            // Forget has come, or is still to come and takes it back.
            if (!_machine.Vcpus.TryGet(vcpu.Vcpu.Index, out Vcpu? there) || !ReferenceEquals(there, vcpu.Vcpu))
                return false;
            Move(vcpu, to);
            return true;
        }
    }

    /// <summary>Takes back the VP index of a vCPU that can no longer be found, so that its index may be used again.</summary>
    internal void Forget(Vcpu vcpu)
    {
        lock (_moving)
            Move(vcpu.HyperV, new VpIndex((uint)vcpu.Index.Value));
    }

    void Move(HyperVVcpu vcpu, VpIndex to)
    {
        VpIndex from = vcpu.VpIndex;
        if (from == to)
            return;
        var own = new VpIndex((uint)vcpu.Vcpu.Index.Value);
        if (from == own)
            Volatile.Write(ref _mismatched, _mismatched + 1);
        vcpu.SetVpIndex(to);
        _directory.Move(vcpu.Vcpu, from, to);
        // Whoever sees no mismatch finds every VP index to be its vCPU's index.
        if (to == own)
            Volatile.Write(ref _mismatched, _mismatched - 1);
    }
}
