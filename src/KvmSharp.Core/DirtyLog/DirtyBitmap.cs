using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.DirtyLog;

/// <summary>
/// One bit for each page of a memory slot: set when the guest has written the page. Bit <c>i</c> belongs to the page
/// <c>i</c> pages above the slot's first, whatever the slot's place; so a bitmap survives a move.
/// </summary>
/// <remarks>
/// <code>
///   listed          1 bit      in the machine's list of bitmaps to look at
///     summary       1 bit      for each chunk
///       words       1 bit      for each word of a chunk
///         bits      1 bit      for each page
/// </code>
/// A chunk is 4 KiB of bits, for 128 MiB of guest memory; it is made when its first page is marked, and kept. A chunk
/// all of whose pages are marked from the start is a reference to one that all bitmaps share. So what is marked is found
/// in time that follows what is marked, and memory that is never written takes no bitmap.
/// <para>Thread-safe. Any thread may mark; draining and taking belong to one thread at a time.</para>
/// <para>Marking goes upwards, draining downwards, and each step is a full fence before the next:</para>
/// <code>
///   marker                                  who drains
///   store the data                          listed = 0
///   bits |= …            (full fence)       summary = 0           (full fence)
///   words: not set? set it                  words = 0             (full fence)
///   summary: not set? set it                bits = 0              (full fence)
///   listed: not set? set it, join the list  read the data
/// </code>
/// A marker that leaves a level alone has seen it set after its bit was in place, so whoever clears that level later
/// goes on to find the bit. A marker that comes after the clearing sets the level again, and the next drain finds the
/// bit. The atomic Or of the bit itself is never skipped: the data store may still be in this processor's store
/// buffer while the bit is cleared and the page is read.
/// </remarks>
public sealed partial class DirtyBitmap
{
    internal const int PagesPerWord = 64;

    const int WordShift = 6;
    const int ChunkWordShift = 9;
    const int WordsPerChunk = 1 << ChunkWordShift;
    const int PagesPerChunk = WordsPerChunk * PagesPerWord;
    const int BitMask = PagesPerWord - 1;

    // Where in a chunk the summary of its words begins.
    const int SummaryStart = WordsPerChunk;
    const int ChunkLength = WordsPerChunk + (WordsPerChunk / PagesPerWord);

    /// <summary>A bitmap of <paramref name="pageCount"/> pages.</summary>
    /// <param name="pageCount">Pages in the slot, 1 … 2^31 − 1.</param>
    /// <param name="initiallySet">Whether every page starts out dirty, which saves a pass over mapped memory.</param>
    public DirtyBitmap(ulong pageCount, bool initiallySet)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pageCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, (ulong)int.MaxValue);
        PageCount = pageCount;
        IsInitiallySet = initiallySet;
        if (initiallySet)
            MarkAll();
    }

    /// <summary>Pages that the bitmap covers.</summary>
    public ulong PageCount { get; }

    /// <summary>Whether every page was dirty at the start.</summary>
    public bool IsInitiallySet { get; }

    /// <summary>Pages marked now. Takes time in proportion to what was marked lately.</summary>
    public ulong MarkedCount
    {
        get
        {
            var counter = new Counter();
            Visit(ref counter);
            return counter.Pages;
        }
    }

    /// <summary>Bytes that the bitmap takes beside the object itself.</summary>
    public long Bytes
    {
        get
        {
            if (Volatile.Read(ref _directory) is not { } directory)
                return 0;
            long bytes = ((long)directory.Chunks.Length + directory.Summary.Length) * sizeof(ulong);
            foreach (ulong[]? chunk in directory.Chunks)
                bytes += chunk is null ? 0 : (long)chunk.Length * sizeof(ulong);
            return bytes;
        }
    }

    /// <summary>64-bit words of KVM's flat bitmap.</summary>
    internal int WordCount => (int)((PageCount + BitMask) >> WordShift);

    /// <summary>Whether nothing was marked since it was last drained; a hint beside markers.</summary>
    internal bool IsEmpty
    {
        get
        {
            if (Volatile.Read(ref _directory) is not { } directory)
                return true;
            foreach (ref ulong summary in directory.Summary.AsSpan())
            {
                if (Volatile.Read(ref summary) != 0)
                    return false;
            }
            return true;
        }
    }

    /// <summary>Marks one page.</summary>
    /// <param name="page">Pages above the slot's first.</param>
    public void Mark(ulong page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, PageCount);
        MarkWord(page >> WordShift, 1UL << (int)(page & BitMask));
    }

    /// <summary>Marks pages side by side: one atomic operation for each 64, not for each.</summary>
    /// <param name="firstPage">Pages above the slot's first.</param>
    /// <param name="count">Pages; none is allowed.</param>
    public void MarkRange(ulong firstPage, ulong count)
    {
        if (firstPage > PageCount || count > PageCount - firstPage)
            throw new ArgumentOutOfRangeException(nameof(firstPage), $"0x{firstPage:x} + 0x{count:x} leaves 0x{PageCount:x} pages");
        if (count == 0)
            return;
        ulong word = firstPage >> WordShift;
        ulong last = (firstPage + count - 1) >> WordShift;
        ulong bits = ulong.MaxValue << (int)(firstPage & BitMask);
        for (; word < last; word++, bits = ulong.MaxValue)
            MarkWord(word, bits);
        MarkWord(last, bits & (ulong.MaxValue >> (BitMask - (int)((firstPage + count - 1) & BitMask))));
    }

    /// <summary>Whether a page is marked.</summary>
    /// <param name="page">Pages above the slot's first.</param>
    public bool IsMarked(ulong page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page, PageCount);
        return (ReadWord((int)(page >> WordShift)) & (1UL << (int)(page & BitMask))) != 0;
    }

    /// <summary>The runs of marked pages, in order. Allocates nothing; pages marked meanwhile may be missed.</summary>
    public DirtyRuns Runs => new(this);

    /// <summary>Those bits of a word that belong to pages.</summary>
    ulong PagesOf(int word) =>
        word == WordCount - 1 && (PageCount & BitMask) != 0 ? (1UL << (int)(PageCount & BitMask)) - 1 : ulong.MaxValue;

    struct Counter : IDirtySink
    {
        public ulong Pages;

        public void AddWord(ulong firstPage, ulong bits) => Pages += (ulong)BitOperations.PopCount(bits);

        public void AddRun(ulong firstPage, ulong count) => Pages += count;
    }
}
