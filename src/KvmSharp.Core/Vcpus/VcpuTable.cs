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

    // What of the id index leads straight to a vCPU: the ids of a row of vCPUs from index 0 on, as (first id << 32) | length;
    // others have a place with their index + 1. Neither is used where vCPUs are removed. Written under _createLock, after
    // the bound; read anywhere with Volatile.Read, the row before the places, and both before _flat.
    ulong _row;
    uint[] _places = [];

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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(VcpuIndex index, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        uint at = (uint)index.Value;
        vcpu = null;
        // Pairs with Publish: who sees the bound sees the vCPUs below it.
        if (at < (uint)Volatile.Read(ref _bound))
        {
            Vcpu?[] flat = Volatile.Read(ref _flat);
            vcpu = at < (uint)flat.Length ? flat[at] : LoadFromStore(index.Value);
        }
        return vcpu is not null;
    }

    /// <summary>The vCPU of an id, with the default store in constant time however sparse ids are.</summary>
    /// <returns><see langword="false"/> when no vCPU that is online has it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        // Pairs with PublishId: who sees the row sees the vCPUs in it.
        ulong row = Volatile.Read(ref _row);
        uint index = unchecked(id.Value - (uint)(row >> 32));
        if (index >= (uint)row)
        {
            uint[] places = Volatile.Read(ref _places);
            if (id.Value >= (uint)places.Length)
            {
                vcpu = FindLong(id);
                return vcpu is not null;
            }
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
        if (Volatile.Read(ref _flat).Length != 0)
            return TryGet(index, out vcpu);
        vcpu = (uint)index.Value < (uint)Volatile.Read(ref _bound) ? _store.Get(reader, index.Value) : null;
        return vcpu is not null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    Vcpu? LoadFromStore(int index)
    {
        if (!_store.LookupsNeedSection)
            return _store.Get(index);
        using ReadSection section = _machine.Sections.Enter();
        return _store.Get(index);
    }

    // The id is in no row or window that leads straight to a vCPU. Returns the vCPU rather than setting it by reference, which
    // would keep it in memory on the short ways too.
    [MethodImpl(MethodImplOptions.NoInlining)]
    Vcpu? FindLong(VcpuId id)
    {
        if (_ids is not { } ids)
            return FindAsKvmDoes(id);
        if (!_removable)
            return TryGet(new VcpuIndex(ids.FindApart(id)), out Vcpu? vcpu) ? vcpu : null;
        // Where vCPUs are removed, what the index says may be out of date by now: the vCPU's own id decides.
        if (TryGet(new VcpuIndex(ids.FindInRow(id)), out Vcpu? candidate) && candidate.Id == id)
            return candidate;
        return TryGet(new VcpuIndex(ids.FindApart(id)), out candidate) && candidate.Id == id ? candidate : null;
    }

    // Ids that are numbered as indices are found at once, others by looking at each vCPU.
    Vcpu? FindAsKvmDoes(VcpuId id)
    {
        if (id.Value < int.MaxValue && TryGet(new VcpuIndex((int)id.Value), out Vcpu? candidate) && candidate.Id == id)
            return candidate;
        foreach (Vcpu vcpu in this)
        {
            if (vcpu.Id == id)
                return vcpu;
        }
        return null;
    }
}
