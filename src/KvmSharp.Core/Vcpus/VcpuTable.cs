using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

/// <summary>A machine's vCPUs.</summary>
/// <remarks>
/// Lookup and iteration need no lock, while vCPUs are added: the table is filled before the count is raised, and a reader
/// reads the count first, so it meets neither a hole nor a vCPU that is not complete. vCPUs are never removed.
/// </remarks>
public sealed class VcpuTable
{
    // Spins until the quick answer of a running vCPU is given up; some microseconds.
    const int AnswerSpins = 200;

    readonly VirtualMachine _machine;
    readonly uint _maxIds;
    readonly Lock _createLock = new();
    readonly VcpuIdIndex _byId = new();

    // Written under _createLock, read anywhere with Volatile.Read: the count first.
    Vcpu[] _table = [];
    int _online;

    // Guarded by _createLock:
    int _created;
    uint _idLimit;

    long _flushes;
    long _barriers;

    internal VcpuTable(VirtualMachine machine, int maxCount, uint maxIds)
    {
        _machine = machine;
        MaxCount = maxCount;
        _maxIds = maxIds;
    }

    /// <summary>vCPUs a machine may have (<c>KVM_CAP_MAX_VCPUS</c>).</summary>
    public int MaxCount { get; }

    /// <summary>vCPUs online now.</summary>
    public int Count => Volatile.Read(ref _online);

    internal long RemoteFlushes => Volatile.Read(ref _flushes);

    internal long ProcessBarriers => Volatile.Read(ref _barriers);

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
        lock (_createLock)
        {
            if (_created >= MaxCount)
                throw Refused(KvmErrno.EINVAL, $"0x{_created:x} vCPUs are all there may be");
            if (_idLimit == 0)
                _idLimit = _maxIds;
            if (id.Value >= _idLimit)
                throw Refused(KvmErrno.EINVAL, $"id 0x{id.Value:x} is not below 0x{_idLimit:x}");
            if (_byId.TryFind(id, out VcpuIndex taken))
                throw Refused(KvmErrno.EEXIST, $"id 0x{id.Value:x} is that of the vCPU at index 0x{taken.Value:x}");

            // Reserve the number, build, store, and only then raise the count.
            _created++;
            var index = new VcpuIndex(_online);
            var vcpu = new Vcpu(_machine, id, index);
            if (index.Value == _table.Length)
            {
                var grown = new Vcpu[Math.Max(1, _table.Length * 2)];
                _table.CopyTo(grown, 0);
                Volatile.Write(ref _table, grown);
            }
            _table[index.Value] = vcpu;
            _byId.Add(id, index);
            // Pairs with Count: who sees the count sees the entry, and the table that holds it.
            Volatile.Write(ref _online, index.Value + 1);
            return vcpu;
        }
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

    /// <summary>The vCPU at an index, in constant time.</summary>
    /// <returns><see langword="false"/> when the index is not below <see cref="Count"/>.</returns>
    public bool TryGet(VcpuIndex index, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        if ((uint)index.Value < (uint)Count)
        {
            vcpu = Volatile.Read(ref _table)[index.Value];
            return true;
        }
        vcpu = null;
        return false;
    }

    /// <summary>The vCPU of an id, in constant time however sparse ids are.</summary>
    public bool TryFind(VcpuId id, [NotNullWhen(true)] out Vcpu? vcpu)
    {
        // Mostly ids are numbered as indices are.
        if (id.Value < (uint)Count && Volatile.Read(ref _table)[id.Value] is var candidate && candidate.Id == id)
        {
            vcpu = candidate;
            return true;
        }
        vcpu = null;
        return _byId.TryFind(id, out VcpuIndex index) && TryGet(index, out vcpu);
    }

    /// <summary>The vCPUs that are online now, in order of index. Allocates nothing.</summary>
    public Enumerator GetEnumerator()
    {
        int count = Count;
        return new Enumerator(Volatile.Read(ref _table), count);
    }

    /// <summary>Asks something of all vCPUs.</summary>
    /// <param name="request">What.</param>
    /// <param name="except">A vCPU that is not asked.</param>
    /// <returns>Whether any vCPU was in guest mode.</returns>
    /// <remarks>
    /// With <see cref="VcpuRequestOptions.Wait"/> it returns when no vCPU uses anything it had found before the call. It
    /// waits for no vCPU's owner: a vCPU that does not answer is told apart by a process-wide barrier.
    /// </remarks>
    public bool MakeRequest(VcpuRequest request, Vcpu? except = null)
    {
        bool running = false;
        foreach (Vcpu vcpu in this)
        {
            if (!ReferenceEquals(vcpu, except))
                running |= vcpu.Ask(request);
        }
        if (running && (request.Options & VcpuRequestOptions.Wait) != 0)
            WaitUntilOutside(request, except);
        return running;
    }

    /// <summary>
    /// Makes every vCPU drop its translations. On return none can use one that it had found before the call.
    /// </summary>
    internal void FlushRemoteTlbs()
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        MakeRequest(VcpuRequest.TlbFlush);
    }

    // A vCPU that runs guest code meets the request at its next access and answers within a fraction of a microsecond.
    // One that computes without touching memory, or whose thread does not run, does not; for these one barrier in every
    // thread of the process makes the access mark trustworthy.
    void WaitUntilOutside(VcpuRequest request, Vcpu? except)
    {
        long bits = AnswerOf(request);
        int spins = Environment.ProcessorCount > 1 ? AnswerSpins : 0;
        bool barrier = false;
        foreach (Vcpu vcpu in this)
        {
            if (ReferenceEquals(vcpu, except) || vcpu.IsOwnedByCurrentThread)
                continue;
            while (!barrier && !vcpu.HasAnswered(bits))
            {
                if (spins-- > 0)
                {
                    Thread.SpinWait(1);
                    continue;
                }
                Interlocked.Increment(ref _barriers);
                Interlocked.MemoryBarrierProcessWide();
                barrier = true;
            }
            if (barrier)
                vcpu.WaitForAccess(bits);
        }
    }

    /// <summary>The bits that a vCPU takes off by itself to say that it has seen the request.</summary>
    internal static long AnswerOf(VcpuRequest request) =>
        (request.Bit & Attention.Served) is var served && served != 0 ? served : Attention.ForceOut;

    static KvmException Refused(KvmErrno errno, string check) => new("KVM_CREATE_VCPU", errno, check);

    /// <summary>Enumerates the vCPUs that were online when it began.</summary>
    public ref struct Enumerator
    {
        readonly ReadOnlySpan<Vcpu> _vcpus;
        int _index;

        internal Enumerator(Vcpu[] table, int count)
        {
            _vcpus = table.AsSpan(0, count);
            _index = -1;
        }

        /// <summary>The vCPU that the last <see cref="MoveNext"/> found.</summary>
        public readonly Vcpu Current => _vcpus[_index];

        /// <summary>Steps to the next vCPU.</summary>
        public bool MoveNext() => ++_index < _vcpus.Length;
    }
}
