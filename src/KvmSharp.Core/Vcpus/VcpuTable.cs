using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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

    // What of the id index leads straight to a vCPU: the ids of the vCPUs below _row go up by one from _rowStart; others
    // have a place with their index + 1. Neither is used where vCPUs are removed. Written under _createLock, after the
    // bound; read anywhere with Volatile.Read, the row before its start, and both before _flat.
    uint[] _places = [];
    int _row;
    uint _rowStart;

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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        // Pairs with PublishId: who sees the row sees where it begins, and the vCPUs in it.
        uint row = (uint)Volatile.Read(ref _row);
        uint index = unchecked(id.Value - _rowStart);
        if (index >= row)
        {
            uint[] places = Volatile.Read(ref _places);
            if (id.Value >= (uint)places.Length)
                return TryFindLong(id, out vcpu);
            // A place that is free leads beyond any array. One that is just being filled may lead beyond the array that is
            // read next: the vCPU is not online yet.
            index = unchecked(places[id.Value] - 1);
        }
        Vcpu?[] flat = Volatile.Read(ref _flat);
        vcpu = index < (uint)flat.Length ? flat[index] : null;
        return vcpu is not null;
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

    // The id is in no row or window that leads straight to a vCPU.
    [MethodImpl(MethodImplOptions.NoInlining)]
    bool TryFindLong(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if (_ids is not { } ids)
            return TryFindAsKvmDoes(id, out vcpu);
        if (!_removable)
            return TryGet(new VcpuIndex(ids.FindApart(id)), out vcpu);
        // Where vCPUs are removed, what the index says may be out of date by now: the vCPU's own id decides.
        if (TryGet(new VcpuIndex(ids.FindInRow(id)), out vcpu) && vcpu.Id == id)
            return true;
        if (TryGet(new VcpuIndex(ids.FindApart(id)), out vcpu) && vcpu.Id == id)
            return true;
        vcpu = null;
        return false;
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
