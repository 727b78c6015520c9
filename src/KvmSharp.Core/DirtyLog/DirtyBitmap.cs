using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.DirtyLog;

/// <summary>
/// One bit for each page of a memory slot: set when the guest has written the page. Bit <c>i</c> belongs to the page
/// <c>i</c> pages above the slot's first, whatever the slot's place; so a bitmap survives a move.
/// </summary>
/// <remarks>Thread-safe. Bits are only ever set here; the writer stores guest data first and marks afterwards.</remarks>
public sealed class DirtyBitmap
{
    const int BitsPerWord = 64;

    readonly ulong[] _words;

    /// <summary>A bitmap of <paramref name="pageCount"/> pages.</summary>
    /// <param name="pageCount">Pages in the slot, 1 … 2^31 − 1.</param>
    /// <param name="initiallySet">Whether every page starts out dirty, which saves a pass over mapped memory.</param>
    public DirtyBitmap(ulong pageCount, bool initiallySet)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pageCount);
        PageCount = pageCount;
        _words = new ulong[(pageCount + BitsPerWord - 1) / BitsPerWord];
        if (!initiallySet)
            return;
        Array.Fill(_words, ulong.MaxValue);
        int tail = (int)(pageCount % BitsPerWord);
        if (tail != 0)
            _words[^1] = (1UL << tail) - 1;
    }

    /// <summary>Pages that the bitmap covers.</summary>
    public ulong PageCount { get; }

    /// <summary>Pages marked now.</summary>
    public ulong MarkedCount
    {
        get
        {
            ulong count = 0;
            foreach (ref readonly ulong word in _words.AsSpan())
                count += (ulong)BitOperations.PopCount(Volatile.Read(in word));
            return count;
        }
    }

    /// <summary>Marks one page.</summary>
    /// <param name="page">Pages above the slot's first.</param>
    /// <remarks>
    /// The atomic Or is never skipped because the bit is already seen: the data store may still be in this
    /// processor's store buffer while a harvester clears the bit and reads the page.
    /// </remarks>
    public void Mark(ulong page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, PageCount);
        Interlocked.Or(ref _words[page / BitsPerWord], 1UL << (int)(page % BitsPerWord));
    }

    /// <summary>Whether a page is marked.</summary>
    /// <param name="page">Pages above the slot's first.</param>
    public bool IsMarked(ulong page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, PageCount);
        return (Volatile.Read(ref _words[page / BitsPerWord]) & (1UL << (int)(page % BitsPerWord))) != 0;
    }
}
