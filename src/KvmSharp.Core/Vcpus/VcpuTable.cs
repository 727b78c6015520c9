using System.Collections.Generic;
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
    readonly bool _removable;
    readonly uint _maxIds;

    // Written under _createLock, read anywhere with Volatile.Read: the bound first. No index in use reaches the bound; an
    // array that is read after it is long enough for it.
    Vcpu?[] _flat;
    int _bound;

    // Empty where the store wants none. Written under _createLock.
    VcpuIdIndex _ids;

    // What of it leads straight to a vCPU, written under _createLock after the bound, read anywhere with Volatile.Read. Where
    // ids are strewn, the places of a hash table, and what leads into them: while these two change they may not belong
    // together. Elsewhere there are none, and the ids of a row of vCPUs from index 0 on, as (first id << 32) | length, read
    // before _flat; and the places of a window.
    VcpuIdHash.Place[]? _hash;
    int _hashShift;
    ulong _row;
    Vcpu?[] _window = [];

    // The vCPU between its index and its id. Written under _createLock, read anywhere with Volatile.Read.
    Vcpu? _coming;

    // Written under _createLock, read anywhere with Volatile.Read.
    int _online;

    internal VcpuTable(VirtualMachine machine, VirtualMachineOptions options)
    {
        _machine = machine;
        MaxCount = int.Min(options.MaxVcpus, options.VcpuStore.MaxCount);
        _maxIds = (uint)options.MaxVcpuIds;
        _removable = options.AllowVcpuRemoval;
        _ids = new VcpuIdIndex(_removable);
        _store = options.VcpuStore.Create(MaxCount);
        _flat = _store.Flat;
    }

    /// <summary>vCPUs a machine may have (<c>KVM_CAP_MAX_VCPUS</c>); indices lie below it.</summary>
    public int MaxCount { get; }

    /// <summary>vCPUs online now.</summary>
    public int Count => Volatile.Read(ref _online);

    internal VcpuStore Store => _store;

    /// <summary>What the table keeps beside the store to find ids, for whoever counts bytes.</summary>
    internal IEnumerable<VcpuIdMap> IdMaps => _ids.Maps;

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
        // Pairs with PublishId: who sees one of them sees what it leads to.
        if (Volatile.Read(ref _hash) is { } hash)
        {
            uint at = VcpuIdHash.Home(id.Value, _hashShift);
            vcpu = at < (uint)hash.Length && hash[at].IsOf(id.Value) ? hash[at].Vcpu
                : (at ^= 1) < (uint)hash.Length && hash[at].IsOf(id.Value) ? hash[at].Vcpu
                : FindLong(id);
        }
        else
        {
            ulong row = Volatile.Read(ref _row);
            uint index = unchecked(id.Value - (uint)(row >> 32));
            if (index < (uint)row)
                vcpu = Volatile.Read(ref _flat)[index];
            else
            {
                Vcpu?[] window = Volatile.Read(ref _window);
                vcpu = id.Value < (uint)window.Length && window[id.Value] is { } close ? close : FindLong(id);
            }
        }
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    Vcpu? FindLong(VcpuId id)
    {
        if (!_store.IsIndexedById)
            return FindAsKvmDoes(id);
        // Pairs with Publish: who finds nobody coming finds all that can be found by their index in the maps.
        Vcpu? coming = Volatile.Read(ref _coming);
        Vcpu? found = coming?.Id == id ? coming : _ids.Find(id);
        // One that is just coming or going is online if it can be found by its index.
        return found is not null && TryGet(found.Index, out Vcpu? there) && ReferenceEquals(there, found) ? found : null;
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
