using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Reclaim;
using KvmSharp.Vcpus.Ids;

namespace KvmSharp.Vcpus;

// How vCPUs come, and how they go where that is allowed.
partial class VcpuTable
{
    readonly Lock _createLock = new();

    // Guarded by _createLock:
    int _created;
    uint _idLimit;
    VcpuCounts _removed;

    // Indices below the bound that are free, and ids whose vCPU is gone but may still be held by a reader; made when the
    // first vCPU is removed. Guarded by _createLock.
    SortedSet<int>? _freeIndices;
    HashSet<VcpuId>? _leaving;

    /// <summary>What removed vCPUs have counted.</summary>
    internal VcpuCounts Removed
    {
        get
        {
            lock (_createLock)
                return _removed;
        }
    }

    /// <summary>Creates a vCPU: <c>KVM_CREATE_VCPU</c>.</summary>
    /// <exception cref="KvmException">
    /// <see cref="KvmErrno.EIO"/>: the machine is dead. <see cref="KvmErrno.EINVAL"/>: the id is too high, or the machine
    /// is full – which is found before a duplicate is. <see cref="KvmErrno.EEXIST"/>: the id is taken.
    /// </exception>
    public Vcpu Create(VcpuId id)
    {
        if (_machine.IsDead)
            throw Refused(KvmErrno.EIO, "the machine is dead");
        if (id.Value >= _maxIds)
            throw Refused(KvmErrno.EINVAL, $"id 0x{id.Value:x} is not below 0x{_maxIds:x}");
        Vcpu vcpu;
        Vcpu?[]? retired;
        lock (_createLock)
        {
            if (_created >= MaxCount)
                throw Refused(KvmErrno.EINVAL, $"0x{_created:x} vCPUs are all there may be");
            if (_idLimit == 0)
                _idLimit = _maxIds;
            if (id.Value >= _idLimit)
                throw Refused(KvmErrno.EINVAL, $"id 0x{id.Value:x} is not below 0x{_idLimit:x}");
            // Not by TryFind(): misses are the rule here, and the compiler would expect them of those who look for vCPUs.
            if (FindLong(id) is { } taken)
                throw Refused(KvmErrno.EEXIST, $"id 0x{id.Value:x} is that of the vCPU at index 0x{taken.Index.Value:x}");
            if (_leaving?.Contains(id) == true)
                throw Refused(KvmErrno.EEXIST, $"id 0x{id.Value:x} is that of a vCPU that is being removed");

            vcpu = new Vcpu(_machine, id, NextIndex());
            Publish(vcpu);
            retired = _store.TakeRetired();
        }
        Retire(retired);
        return vcpu;
    }

    /// <summary>
    /// Lowers the limit on ids before the first vCPU is created: <c>KVM_ENABLE_CAP(KVM_CAP_MAX_VCPU_ID)</c>.
    /// </summary>
    /// <param name="limit">The limit; 0 leaves it open.</param>
    /// <returns><see cref="KvmErrno.EINVAL"/> when it is too high, or was set to something else before.</returns>
    public KvmErrno TryLimitIds(uint limit)
    {
        if (limit > _maxIds)
            return KvmErrno.EINVAL;
        lock (_createLock)
        {
            if (_idLimit == limit)
                return KvmErrno.None;
            if (_idLimit != 0)
                return KvmErrno.EINVAL;
            _idLimit = limit;
            return KvmErrno.None;
        }
    }

    /// <summary>Does something that has to come before the first vCPU.</summary>
    /// <returns><see langword="false"/> when there is one; then nothing is done.</returns>
    internal bool TryBeforeFirst(Action action)
    {
        lock (_createLock)
        {
            if (_created != 0)
                return false;
            action();
            return true;
        }
    }

    /// <summary>
    /// Removes a vCPU that is stopped, which KVM cannot do: there, it stays until the machine ends. Its index and its id
    /// are free again, and its memory is the collector's, when this returns.
    /// </summary>
    /// <param name="vcpu">A vCPU of this machine, outside guest mode; its owner has stopped using it.</param>
    /// <returns>
    /// <see cref="KvmErrno.EINVAL"/>: the machine was made without <see cref="VirtualMachineOptions.AllowVcpuRemoval"/>, or
    /// the vCPU is another's. <see cref="KvmErrno.ENOENT"/>: it was removed before. <see cref="KvmErrno.EBUSY"/>: it is in
    /// guest mode, its owner waits for a request, or its dirty ring holds pages that were not harvested and reset.
    /// </returns>
    /// <exception cref="InvalidOperationException">The calling thread is inside a read section.</exception>
    /// <remarks>
    /// A vCPU that was found inside a read section keeps its numbers until that ends: this waits for it. A removed vCPU is
    /// as one of a dead machine: it does not enter guest mode again, and reaches no memory.
    /// </remarks>
    public KvmErrno TryRemove(Vcpu vcpu)
    {
        ArgumentNullException.ThrowIfNull(vcpu);
        ReadSections.ThrowIfInside();
        if (!_removable || !ReferenceEquals(vcpu.Machine, _machine))
            return KvmErrno.EINVAL;
        lock (_createLock)
        {
            if (!TryGet(vcpu.Index, out Vcpu? there) || !ReferenceEquals(there, vcpu))
                return KvmErrno.ENOENT;
            if (vcpu.DirtyRing is { Used: > 0 } || !vcpu.TryRetire())
                return KvmErrno.EBUSY;
            (_leaving ??= []).Add(vcpu.Id);
            Volatile.Write(ref _online, _online - 1);
            if (_store.IsIndexedById)
                _ids.Remove(vcpu);
            _store.Remove(vcpu);
            _removed += VcpuCounts.Of(vcpu);
        }
        _machine.ForgetVpIndex(vcpu);
        vcpu.Apic?.Leave();
        _machine.Sections.WaitForReaders();
        lock (_createLock)
        {
            _leaving!.Remove(vcpu.Id);
            (_freeIndices ??= []).Add(vcpu.Index.Value);
            _created--;
        }
        return KvmErrno.None;
    }

    VcpuIndex NextIndex() => new(_freeIndices is { Count: > 0 } free ? free.Min : _bound);

    // The number is reserved; store, and only then raise the bound and the count.
    void Publish(Vcpu vcpu)
    {
        int index = vcpu.Index.Value;
        // Pairs with FindLong: who has found the vCPU by its index finds it by its id too.
        Volatile.Write(ref _coming, vcpu);
        _store.Add(vcpu);
        Volatile.Write(ref _flat, _store.Flat);
        // Pairs with TryGet and the enumerator: who sees the bound sees the vCPU, and an array that holds it.
        if (index == _bound)
            Volatile.Write(ref _bound, index + 1);
        if (_store.IsIndexedById)
            PublishId(vcpu);
        Volatile.Write(ref _coming, null);
        // Pairs with Count: who sees the count can look up every vCPU that it counts.
        Volatile.Write(ref _online, _online + 1);
        _freeIndices?.Remove(index);
        _created++;
        vcpu.Apic?.Announce();
    }

    void PublishId(Vcpu vcpu)
    {
        _ids.Add(vcpu, _store.Flat);
        // Pairs with TryFind: a map is published with what is in it, and before the one whose ids it holds goes.
        switch (_ids.Lead)
        {
            case VcpuIdRow row:
                // It ends with the first vCPU that is out of it.
                uint length = (uint)_row;
                if (vcpu.Index.Value == (int)length && row.Holds(vcpu))
                    length++;
                Volatile.Write(ref _row, ((ulong)row.First << 32) | length);
                break;
            case VcpuIdWindow window:
                Volatile.Write(ref _window, window.Places);
                Volatile.Write(ref _row, 0);
                Volatile.Write(ref _hash, null);
                break;
            case VcpuIdHash hash:
                _hashShift = hash.Shift;
                Volatile.Write(ref _hash, hash.Places);
                Volatile.Write(ref _row, 0);
                Volatile.Write(ref _window, []);
                break;
        }
    }

    // Outside the lock: a reader that is waited for may be about to create a vCPU itself. One that does so inside its own
    // section cannot be waited for; what it retires is left to the collector.
    void Retire(Vcpu?[]? retired)
    {
        if (retired is null || ReadSections.IsInside)
            return;
        _machine.Sections.WaitForReaders();
        Array.Clear(retired);
    }

    static KvmException Refused(KvmErrno errno, string check) => new("KVM_CREATE_VCPU", errno, check);
}
