using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace KvmSharp.HyperV;

/// <summary>The guest virtual addresses that a vCPU has been asked to flush and has not flushed yet.</summary>
/// <remarks>
/// Whoever asks puts in a list whole, if a place stays free after it; otherwise the word that means everything, for which
/// that place is kept. The vCPU's owner takes out all there is. Both hold the lock.
/// </remarks>
sealed class GvaFlushQueue
{
    /// <summary>Places (<c>KVM_HV_TLB_FLUSH_FIFO_SIZE</c>).</summary>
    internal const int Capacity = 16;

    // A guest that lists this word gets what it means.
    const ulong Everything = ulong.MaxValue;

    readonly Lock _lock = new();

    // Guarded by _lock:
    Entries _entries;
    int _count;

    /// <summary>Puts a list in, or what stands for one too long.</summary>
    /// <param name="ranges">The list; empty for everything.</param>
    internal void Add(ReadOnlySpan<GvaRange> ranges)
    {
        lock (_lock)
        {
            if (!ranges.IsEmpty && ranges.Length < Capacity - _count)
            {
                foreach (GvaRange range in ranges)
                    _entries[_count++] = range.Value;
            }
            else if (_count < Capacity)
            {
                // A full queue has it already: nothing else takes the last place.
                _entries[_count++] = Everything;
            }
        }
    }

    /// <summary>Takes out all there is.</summary>
    /// <param name="ranges">Where the ranges go; <see cref="Capacity"/> places.</param>
    /// <param name="count">How many there are.</param>
    internal GuestTlbFlush TakeAll(Span<GvaRange> ranges, out int count)
    {
        lock (_lock)
        {
            int taken = _count;
            count = _count = 0;
            for (int at = 0; at < taken; at++)
            {
                if (_entries[at] == Everything)
                    return GuestTlbFlush.Everything;
            }
            for (; count < taken; count++)
                ranges[count] = new GvaRange(_entries[count]);
            return taken == 0 ? GuestTlbFlush.None : GuestTlbFlush.Ranges;
        }
    }

    [InlineArray(Capacity)]
    struct Entries
    {
        ulong _first;
    }
}
