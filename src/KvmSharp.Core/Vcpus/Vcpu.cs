using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.DirtyLog;
using KvmSharp.InterruptControllers;
using KvmSharp.Slots;
using KvmSharp.Vcpus.Raw;

namespace KvmSharp.Vcpus;

/// <summary>
/// A virtual processor: the requests made to it, whether it is in guest mode, and guest memory as it sees it. What
/// executes instructions belongs to whoever drives it.
/// </summary>
/// <remarks>
/// One thread at a time owns a vCPU and uses <see cref="Memory"/>, <see cref="TryEnterGuest"/>, <see cref="ExitGuest"/>,
/// <see cref="TakeRequest"/> and <see cref="WaitForRequest(TimeSpan)"/>; which thread may change between calls. Requests
/// and kicks come from any thread.
/// <para>
/// An owner runs guest code between <see cref="TryEnterGuest"/> and <see cref="ExitGuest"/> and looks at
/// <see cref="NeedsExit"/> now and then. One that forgets to look is late for its requests, but holds up no change to
/// the machine: whether it uses a translation is known from its accesses themselves. Accesses outside guest mode work
/// too and cost more.
/// </para>
/// </remarks>
public sealed partial class Vcpu
{
    readonly GuestMemory _memory;

    // Set by the owner when it enters, to spare a thread from waiting for itself.
    Thread? _owner;

    // A lock for sleeping and waking; made when the vCPU first blocks. See WaitForRequest.
    object? _sleep;

    internal Vcpu(VirtualMachine machine, VcpuId id, VcpuIndex index)
    {
        Machine = machine;
        Id = id;
        Index = index;
        DirtyRing = machine.DirtyTracking.CreateRing();
        _memory = new GuestMemory(this);
        Apic = machine.Irqchip?.CreateApic(this);
    }

    /// <summary>The machine it belongs to.</summary>
    public VirtualMachine Machine { get; }

    /// <summary>The number its creator chose.</summary>
    public VcpuId Id { get; }

    /// <summary>Its position in the machine's table.</summary>
    public VcpuIndex Index { get; }

    /// <summary>The pages that it has dirtied, in a machine with dirty rings.</summary>
    public DirtyRing? DirtyRing { get; }

    /// <summary>Its local APIC, in a machine with interrupt controllers.</summary>
    public LocalApic? Apic { get; }

    /// <summary>Guest memory as this vCPU sees it. For the owner.</summary>
    public GuestMemory Memory => _memory;

    /// <summary>Which of the machine's memory maps it sees; changed by the owner.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The machine has no such space.</exception>
    public AddressSpaceId AddressSpace
    {
        get => _memory.AddressSpace;
        set => _memory.AddressSpace = value;
    }

    /// <summary>Where the vCPU is, as KVM's request protocol sees it.</summary>
    public VcpuMode Mode
    {
        get
        {
            long attention = Volatile.Read(ref Words.Attention);
            return (attention & Attention.Outside) != 0 ? VcpuMode.OutsideGuestMode
                : (attention & Attention.Exiting) != 0 ? VcpuMode.ExitingGuestMode
                : VcpuMode.InGuestMode;
        }
    }

    /// <summary>
    /// The one word to poll: whether there is a reason to leave guest mode – a request, or a kick. One load.
    /// </summary>
    public bool NeedsExit
    {
        // Polled on every way back of a translated loop, where a call would cost the loop's variables their registers.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Volatile.Read(ref Words.Attention) & ~Attention.NoReasonToExit) != 0;
    }

    /// <summary>Whether the vCPU's thread waits to be woken.</summary>
    public bool IsBlocked => (Volatile.Read(ref Words.Attention) & Attention.Blocked) != 0;

    internal bool IsOwnedByCurrentThread => ReferenceEquals(Volatile.Read(ref _owner), Thread.CurrentThread);

    ref VcpuWords Words => ref _memory.Words;

    /// <summary>
    /// Enters guest mode, unless a request or kick is pending that the owner has to serve first.
    /// </summary>
    /// <returns>
    /// Whether the vCPU is in guest mode now. With a dirty ring that is nearly full it is not, and
    /// <see cref="VcpuRequest.DirtyRingSoftFull"/> is pending (<c>KVM_EXIT_DIRTY_RING_FULL</c>).
    /// </returns>
    /// <remarks>
    /// KVM's Dekker rule – mode first, then a barrier, then the requests, against a requester's request first, then a
    /// barrier, then the mode – is one atomic operation on one word here: either it sees the request, or the requester
    /// sees the mode.
    /// </remarks>
    public bool TryEnterGuest()
    {
        Volatile.Write(ref _owner, Thread.CurrentThread);
        if (DirtyRing is { } ring)
            CheckRing(ring);
        Interlocked.Or(ref Words.Attention, Attention.Entered);
        // Pairs with Ask: a full fence on both sides, one word.
        long before = Interlocked.And(ref Words.Attention, ~Attention.Outside);
        if ((before & Attention.Served) != 0)
            _memory.ServeRequests();
        if (!NeedsExit)
            return true;
        ExitGuest();
        return false;
    }

    // The request stands for as long as the ring is nearly full, however often it is taken; and no longer.
    void CheckRing(DirtyRing ring)
    {
        if (ring.IsSoftFull)
            Ask(VcpuRequest.DirtyRingSoftFull);
        else
            TakeRequest(VcpuRequest.DirtyRingSoftFull);
    }

    /// <summary>Leaves guest mode. A kick is answered by this.</summary>
    public void ExitGuest()
    {
        // Pairs with Ask: all accesses are done before the requester sees the mode.
        long before = Interlocked.Or(ref Words.Attention, Attention.Outside);
        Interlocked.And(ref Words.Attention, ~(Attention.Exiting | Attention.Entered));
        if ((before & Attention.ForceOut) != 0)
            Interlocked.And(ref Words.Attention, ~Attention.ForceOut);
        Volatile.Write(ref _owner, null);
    }

    /// <summary>
    /// The requests that keep the vCPU out of guest mode, a bit for each by its number. An owner that is refused entry
    /// takes these, those it does not know included, or it will be refused again.
    /// </summary>
    public ulong PendingRequests =>
        (ulong)(Volatile.Read(ref Words.Attention) & ~(Attention.NoReasonToExit | Attention.Exiting | Attention.ForceOut));

    /// <summary>Looks whether a request is pending, without taking it.</summary>
    public bool HasRequest(VcpuRequest request) => (Volatile.Read(ref Words.Attention) & request.Bit) != 0;

    /// <summary>Takes a pending request; what its maker did before is visible afterwards.</summary>
    /// <returns>Whether it was pending.</returns>
    public bool TakeRequest(VcpuRequest request)
    {
        if (!HasRequest(request))
            return false;
        if (request == VcpuRequest.TlbFlush)
        {
            _memory.ServeRequests();
            return true;
        }
        // A machine stays dead.
        if (request == VcpuRequest.MachineDead)
            return true;
        // Pairs with Ask: a full fence after the bit is taken.
        return (Interlocked.And(ref Words.Attention, ~request.Bit) & request.Bit) != 0;
    }

    /// <summary>Takes the pending request with the lowest number, whichever it is.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>Whether one was pending.</returns>
    public bool TryTakeRequest(out int number)
    {
        ulong pending = PendingRequests;
        number = BitOperations.TrailingZeroCount(pending);
        return pending != 0 && TakeRequest(VcpuRequest.OfNumber(number));
    }

    /// <summary>Asks something of this vCPU.</summary>
    /// <returns>Whether it was in guest mode.</returns>
    /// <remarks>
    /// With <see cref="VcpuRequestOptions.Wait"/> it returns when the vCPU uses nothing it had found before the call.
    /// </remarks>
    public bool MakeRequest(VcpuRequest request)
    {
        bool running = Ask(request);
        if (running && (request.Options & VcpuRequestOptions.Wait) != 0 && !IsOwnedByCurrentThread)
        {
            Interlocked.MemoryBarrierProcessWide();
            WaitForAccess(VcpuTable.AnswerOf(request));
        }
        return running;
    }

    /// <summary>Makes the vCPU leave guest mode if it is there, or wakes it if it waits. Does not wait for it.</summary>
    public void Kick()
    {
        // What the caller has set for the owner to find is visible before the mode is looked at. Pairs with
        // TryEnterGuest: either this sees the vCPU entered, or its owner, once entered, sees what was set.
        Interlocked.MemoryBarrier();
        long seen = Volatile.Read(ref Words.Attention);
        while ((seen & Attention.Entered) != 0)
        {
            long witness = Interlocked.CompareExchange(ref Words.Attention, seen | Attention.Exiting, seen);
            if (witness == seen)
                return;
            seen = witness;
        }
        if ((seen & Attention.Blocked) != 0)
            Wake();
    }

    /// <summary>Waits, outside guest mode, until a request is made that wakes, or a kick comes.</summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>Whether it was woken rather than timed out.</returns>
    public bool WaitForRequest(TimeSpan timeout)
    {
        object sleep = _sleep ??= new object();
        lock (sleep)
        {
            // Pairs with Ask and Kick: either this sees the request, or they see the mark and wake.
            long before = Interlocked.Or(ref Words.Attention, Attention.Blocked);
            bool woken = true;
            if ((before & ~Attention.NoReasonToExit & ~Attention.Served) == 0)
            {
                while (woken && IsBlocked)
                    woken = Monitor.Wait(sleep, timeout);
            }
            Interlocked.And(ref Words.Attention, ~Attention.Blocked);
            return woken;
        }
    }

    /// <summary>Records a request, and wakes the vCPU where that is wanted.</summary>
    /// <returns>Whether it was in guest mode.</returns>
    internal bool Ask(VcpuRequest request)
    {
        bool wait = (request.Options & VcpuRequestOptions.Wait) != 0;
        long bits = (request.Options & VcpuRequestOptions.NoAction) != 0 ? 0 : request.Bit;
        if (wait)
            bits |= VcpuTable.AnswerOf(request);
        // Pairs with TryEnterGuest, ExitGuest and GuestMemory: a full fence on both sides, one word.
        long before = Interlocked.Or(ref Words.Attention, bits);
        if ((request.Options & VcpuRequestOptions.NoWakeup) == 0 && (before & Attention.Blocked) != 0)
            Wake();
        return (before & Attention.Outside) == 0;
    }

    /// <summary>Whether the vCPU has been at a safe point since it was asked.</summary>
    internal bool HasAnswered(long bits)
    {
        long attention = Volatile.Read(ref Words.Attention);
        return (attention & Attention.Outside) != 0 || (attention & bits) == 0;
    }

    /// <summary>
    /// Waits, after a process-wide barrier, until an access that was under way when the vCPU was asked is over. Later
    /// accesses meet the request. The wait is for one copy of at most a page, and as long as the vCPU's thread does not
    /// run in the middle of it.
    /// </summary>
    internal void WaitForAccess(long bits)
    {
        var spin = new SpinWait();
        while (IsInFormerAccess(bits))
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Whether, after a process-wide barrier, an access that was under way when the vCPU was asked goes on.</summary>
    internal bool IsInFormerAccess(long bits) => !HasAnswered(bits) && Volatile.Read(ref Words.InAccess) != 0;

    void Wake()
    {
        object? sleep = Volatile.Read(ref _sleep);
        if (sleep is null)
            return;
        lock (sleep)
        {
            Interlocked.And(ref Words.Attention, ~Attention.Blocked);
            Monitor.PulseAll(sleep);
        }
    }

    /// <summary>The vCPU's numbers and mode.</summary>
    public override string ToString() => $"{Index} {Id} {Mode}";
}
