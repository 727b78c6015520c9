using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Reclaim;
using KvmSharp.Vcpus.Ids;

namespace KvmSharp.Vcpus;

/// <summary>A machine's vCPUs.</summary>
/// <remarks>
/// <para>
/// Lookup and iteration need no lock, while vCPUs are added: the store has a vCPU before the bound is raised, and a reader
/// reads the bound first, so it meets neither a hole nor a vCPU that is not complete.
/// </para>
/// <para>
/// As in KVM, vCPUs stay until the machine ends, and indices are dense. Where a machine was made with
/// <see cref="VirtualMachineOptions.AllowVcpuRemoval"/>, <see cref="TryRemove"/> takes vCPUs away: indices have holes then,
/// which iteration passes over and later vCPUs fill.
/// </para>
/// </remarks>
public sealed partial class VcpuTable
{
    readonly VirtualMachine _machine;
    readonly VcpuStore _store;
    readonly VcpuIdIndex? _ids;
    readonly bool _removable;
    readonly uint _maxIds;

    // Written under _createLock, read anywhere with Volatile.Read: the bound first. No index in use reaches the bound; an
    // array that is read after it is long enough for it.
    Vcpu?[] _flat;
    int _bound;

    // Written under _createLock, read anywhere with Volatile.Read.
    int _online;

    internal VcpuTable(VirtualMachine machine, VirtualMachineOptions options)
    {
        _machine = machine;
        MaxCount = int.Min(options.MaxVcpus, options.VcpuStore.MaxCount);
        _maxIds = (uint)options.MaxVcpuIds;
        _removable = options.AllowVcpuRemoval;
        _store = options.VcpuStore.Create(MaxCount);
        _ids = _store.Ids;
        _flat = _store.Flat;
    }

    /// <summary>vCPUs a machine may have (<c>KVM_CAP_MAX_VCPUS</c>); indices lie below it.</summary>
    public int MaxCount { get; }

    /// <summary>vCPUs online now.</summary>
    public int Count => Volatile.Read(ref _online);

    internal VcpuStore Store => _store;

    /// <summary>The vCPU at an index.</summary>
    /// <returns><see langword="false"/> when no vCPU that is online has it.</returns>
    public bool TryGet(VcpuIndex index, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        // Pairs with Create: who sees the bound sees the vCPUs below it.
        vcpu = (uint)index.Value < (uint)Volatile.Read(ref _bound) ? Load(index.Value) : null;
        return vcpu is not null;
    }

    /// <summary>The vCPU of an id, with the default store in constant time however sparse ids are.</summary>
    /// <returns><see langword="false"/> when no vCPU that is online has it.</returns>
    public bool TryFind(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if (_ids is not { } ids)
            return TryFindAsKvmDoes(id, out vcpu);
        if (ids.TryFindInRow(id, out VcpuIndex index) && TryGet(index, out vcpu) && HasId(vcpu, id))
            return true;
        vcpu = null;
        if (ids.TryFindApart(id, out index) && TryGet(index, out vcpu) && HasId(vcpu, id))
            return true;
        vcpu = null;
        return false;
    }

    /// <summary>The vCPUs that are online now, in order of index. Allocates nothing.</summary>
    /// <remarks>Some stores need a read section to be looked into; it lasts until the iteration ends then.</remarks>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>The same as <see cref="TryGet"/>, for the owner of a vCPU.</summary>
    internal bool TryGetPeer(Vcpu reader, VcpuIndex index, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        vcpu = (uint)index.Value >= (uint)Volatile.Read(ref _bound) ? null
            : Volatile.Read(ref _flat).Length != 0 ? Load(index.Value)
            : _store.Get(reader, index.Value);
        return vcpu is not null;
    }

    // Removal alone makes answers about ids go out of date; without it, the vCPU's own cache lines are left alone.
    bool HasId(Vcpu vcpu, VcpuId id) => !_removable || vcpu.Id == id;

    Vcpu? Load(int index)
    {
        Vcpu?[] flat = Volatile.Read(ref _flat);
        return (uint)index < (uint)flat.Length ? flat[index] : LoadFromStore(index);
    }

    Vcpu? LoadFromStore(int index)
    {
        if (!_store.LookupsNeedSection)
            return _store.Get(index);
        using ReadSection section = _machine.Sections.Enter();
        return _store.Get(index);
    }

    // Ids that are numbered as indices are found at once, others by looking at each vCPU.
    bool TryFindAsKvmDoes(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if (id.Value < int.MaxValue && TryGet(new VcpuIndex((int)id.Value), out vcpu) && vcpu.Id == id)
            return true;
        foreach (Vcpu candidate in this)
        {
            if (candidate.Id == id)
            {
                vcpu = candidate;
                return true;
            }
        }
        vcpu = null;
        return false;
    }
}
