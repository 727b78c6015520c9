using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace KvmSharp.Reclaim;

/// <summary>
/// Read sections and waiting for them: who found something inside a section may use it until the section ends, and who
/// takes the thing away waits until every section that may have found it has ended (KVM's SRCU).
/// </summary>
/// <remarks>
/// <para>
/// The protocol. There are two sets of counters, one of which is current. A reader adds itself to the current set and
/// takes itself off the same set when it leaves. A waiter, one at a time: (1) makes the other set current and waits
/// until the former is empty; (2) does the same once more. The second round is for a reader that chose its set before
/// the first switch and added itself after the first wait had looked: it is still counted when the next waiter comes.
/// </para>
/// <para>
/// A reader's announcement is an atomic read-modify-write, a full fence, so nothing it looks up afterwards can be older
/// than the announcement. Pairs with the full fence in <see cref="WaitForReaders"/>, which orders the removal before
/// the looking: either the waiter sees the announcement, or the reader sees the removal.
/// </para>
/// Sections nest. Any thread may enter; the one that enters also leaves. The cost without contention is two atomic
/// operations on a line that few other readers share; readers never wait.
/// </remarks>
public sealed class ReadSections
{
    const int MaxStripes = 8;
    const int CacheLines = 128;

    [ThreadStatic]
    static int _depth;

    readonly Stripe[] _stripes;
    readonly Lock _waiterLock = new();

    // Which of the two sets is current. Written under _waiterLock, read anywhere with Volatile.Read.
    int _current;

    /// <summary>Makes the sections of one machine; none is entered.</summary>
    public ReadSections()
    {
        int stripes = 1;
        while (stripes < Environment.ProcessorCount && stripes < MaxStripes)
            stripes *= 2;
        _stripes = new Stripe[stripes];
    }

    /// <summary>Begins a section; dispose what is returned, on the same thread, to end it.</summary>
    /// <remarks>Inside a section, do not change slots, discard memory, or wait for a thread that does.</remarks>
    public ReadSection Enter()
    {
        int stripe = Environment.CurrentManagedThreadId & (_stripes.Length - 1);
        int set = Volatile.Read(ref _current);
        // Pairs with the fence in WaitForReaders.
        Interlocked.Increment(ref _stripes[stripe].Counter(set));
        _depth++;
        return new ReadSection(this, stripe, set);
    }

    internal void Leave(int stripe, int set)
    {
        _depth--;
        // What was done inside the section is done before the count goes down.
        Interlocked.Decrement(ref _stripes[stripe].Counter(set));
    }

    /// <summary>Waits until every section that was entered before the call has ended.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is inside a section: it would wait for itself.</exception>
    internal void WaitForReaders()
    {
        ThrowIfInside();
        lock (_waiterLock)
        {
            for (int round = 0; round < 2; round++)
            {
                int former = _current;
                // A full fence: the caller's removal is visible before any counter is looked at. Pairs with Enter.
                Interlocked.Exchange(ref _current, former ^ 1);
                foreach (ref Stripe stripe in _stripes.AsSpan())
                {
                    var spin = new SpinWait();
                    while (Volatile.Read(ref stripe.Counter(former)) != 0)
                        spin.SpinOnce(sleep1Threshold: -1);
                }
            }
        }
    }

    /// <summary>Whether the calling thread is inside a section, of whichever machine.</summary>
    internal static bool IsInside => _depth != 0;

    /// <summary>Refuses a call that would have to wait for the section its own thread is in.</summary>
    internal static void ThrowIfInside()
    {
        if (_depth != 0)
            throw new InvalidOperationException("inside a read section: the call would wait for its own thread");
    }

    [StructLayout(LayoutKind.Explicit, Size = CacheLines)]
    struct Stripe
    {
        [FieldOffset(0)]
        long _even;

        [FieldOffset(sizeof(long))]
        long _odd;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref long Counter(int set) => ref set == 0 ? ref _even : ref _odd;
    }
}
