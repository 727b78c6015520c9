using System;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace KvmSharp.SecondStage;

/// <summary>
/// The lock around a second stage: shared by vCPUs that map, exclusive for whoever zaps. Vcpus that fault at once do not
/// meet on a cache line: each counts itself in on a stripe of its own.
/// </summary>
/// <remarks>
/// <para>Protocol, an announcement and a re-check on either side:</para>
/// <list type="number">
/// <item>a sharer counts itself in on its stripe, then reads the flag; if the flag is up it counts itself out and waits;</item>
/// <item>a writer takes the writers' lock, raises the flag, then waits for every stripe to drain.</item>
/// </list>
/// <code>
///   sharer                           writer
///   stripe++   (full fence)          flag = 1   (full fence)
///   flag?  0: inside                 stripe?  0: drained
/// </code>
/// Whichever fence comes second sees the other's announcement; so never are both inside.
/// <para>Neither side is recursive, and a sharer must not become a writer: it would wait for itself. A new sharer waits
/// for a writer that waits, so writers are not starved; a sharer that has waited for a while queues at the writers' lock,
/// so a stream of writers does not starve it either.</para>
/// </remarks>
public sealed class MmuLock
{
    const int MaxStripes = 8;
    const int CacheLine = 64;
    const int SpinsBeforeQueueing = 20;

    // Serializes writers, and lets sharers in one by one when they have spun in vain.
    readonly Lock _writers = new();

    // Element 0 is padding against the array's length, which every entry reads.
    readonly Stripe[] _stripes;
    readonly int _stripeMask;

    // Written under _writers, read anywhere.
    int _exclusive;

    /// <summary>A lock with as many stripes as there are processors, within reason.</summary>
    public MmuLock()
        : this(Environment.ProcessorCount)
    {
    }

    internal MmuLock(int processors)
    {
        int stripes = Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)processors), MaxStripes);
        _stripes = new Stripe[stripes + 1];
        _stripeMask = stripes - 1;
    }

    /// <summary>Whether the current thread is inside, or on its way into, the exclusive side. For asserts.</summary>
    public bool IsExclusiveHeld => _writers.IsHeldByCurrentThread;

    /// <summary>Enters beside other sharers.</summary>
    /// <param name="hint">Spreads the sharers, as a vCPU's index does; the same one must be given to leave.</param>
    public void EnterShared(int hint)
    {
        Debug.Assert(!IsExclusiveHeld, "the exclusive side cannot be entered as a sharer as well");
        ref int sharers = ref StripeOf(hint);

        // Announce, then look. Pairs with the exchange in EnterExclusive().
        Interlocked.Increment(ref sharers);
        if (Volatile.Read(ref _exclusive) != 0)
            WaitForWriter(ref sharers);
    }

    /// <summary>Leaves the shared side.</summary>
    /// <param name="hint">The value given to <see cref="EnterShared"/>.</param>
    public void ExitShared(int hint)
    {
        // Everything mapped is visible before the count drops. Pairs with the drain in EnterExclusive().
        int left = Interlocked.Decrement(ref StripeOf(hint));
        Debug.Assert(left >= 0, "left the shared side more often than entered");
    }

    /// <summary>Enters alone.</summary>
    public void EnterExclusive()
    {
        Debug.Assert(!IsExclusiveHeld, "the exclusive side is not recursive");
        _writers.Enter();

        // Announce, then look. Pairs with the increment in EnterShared().
        Interlocked.Exchange(ref _exclusive, 1);
        SpinWait spin = default;
        for (int stripe = 0; stripe <= _stripeMask; stripe++)
        {
            while (Volatile.Read(ref StripeOf(stripe)) != 0)
                spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Leaves the exclusive side.</summary>
    public void ExitExclusive()
    {
        Debug.Assert(IsExclusiveHeld, "only the holder leaves the exclusive side");

        // Everything zapped is visible before the flag drops. Pairs with the read in EnterShared().
        Volatile.Write(ref _exclusive, 0);
        _writers.Exit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void WaitForWriter(ref int sharers)
    {
        SpinWait spin = default;
        while (spin.Count < SpinsBeforeQueueing)
        {
            // Step back, or the writer waits for the one who waits for it. Pairs with the drain in EnterExclusive().
            Interlocked.Decrement(ref sharers);
            while (Volatile.Read(ref _exclusive) != 0 && spin.Count < SpinsBeforeQueueing)
                spin.SpinOnce(sleep1Threshold: -1);
            Interlocked.Increment(ref sharers);
            if (Volatile.Read(ref _exclusive) == 0)
                return;
        }

        Interlocked.Decrement(ref sharers);
        // No writer is inside while the writers' lock is held here, so nothing is left to be looked at.
        lock (_writers)
            Interlocked.Increment(ref sharers);
    }

    ref int StripeOf(int hint) => ref _stripes[(hint & _stripeMask) + 1].Sharers;

    [StructLayout(LayoutKind.Explicit, Size = CacheLine)]
    struct Stripe
    {
        [FieldOffset(0)]
        public int Sharers;
    }
}
