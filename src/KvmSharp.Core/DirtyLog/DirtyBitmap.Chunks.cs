using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace KvmSharp.DirtyLog;

// Chunks, and marking in them.
partial class DirtyBitmap
{
    // A chunk all of whose pages are marked. Told apart by its length; never written.
    static readonly ulong[] _full = [];

    // Made by the first mark and never replaced.
    Directory? _directory;

    void MarkWord(ulong word, ulong bits)
    {
        // Pairs with MakeDirectory() and MakeChunk(): what is found is complete.
        Directory directory = Volatile.Read(ref _directory) ?? MakeDirectory();
        int number = (int)(word >> ChunkWordShift);
        ulong[]? chunk = Volatile.Read(ref directory.Chunks[number]);
        if ((chunk is null || chunk.Length == 0) && !TryMakeChunk(directory, number, out chunk))
            return;

        int index = (int)word & (WordsPerChunk - 1);
        // Full fences all: see the steps at the top of the class. Pairs with Drain() and Take().
        Interlocked.Or(ref chunk![index], bits);
        Raise(ref chunk[SummaryStart + (index >> WordShift)], index);
        Raise(ref directory.Summary[number >> WordShift], number);
        if (Volatile.Read(ref _listed) == 0)
            JoinList();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Raise(ref ulong summary, int number)
    {
        ulong bit = 1UL << (number & BitMask);
        if ((Volatile.Read(ref summary) & bit) == 0)
            Interlocked.Or(ref summary, bit);
    }

    // False when all pages of the chunk are marked already, and that was looked at behind a fence.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TryMakeChunk(Directory directory, int number, out ulong[]? chunk)
    {
        ref ulong[]? slot = ref directory.Chunks[number];
        while (true)
        {
            // The fence stands in for the atomic Or: the data is visible before the look. Pairs with the exchange in
            // DrainChunk(): who takes the full chunk away after the look reads the data.
            Interlocked.MemoryBarrier();
            chunk = Volatile.Read(ref slot);
            if (chunk is not null)
                return chunk.Length != 0;
            ulong[] made = new ulong[ChunkLength];
            chunk = Interlocked.CompareExchange(ref slot, made, null);
            if (chunk is null)
            {
                chunk = made;
                return true;
            }
        }
    }

    Directory MakeDirectory()
    {
        Directory made = new((int)((PageCount + PagesPerChunk - 1) / PagesPerChunk));
        return Interlocked.CompareExchange(ref _directory, made, null) ?? made;
    }

    /// <summary>Marks every page, where nobody else marks.</summary>
    internal void MarkAll()
    {
        Directory directory = _directory ?? MakeDirectory();
        Array.Fill(directory.Chunks, _full);
        Array.Fill(directory.Summary, ulong.MaxValue);
        int tail = directory.Chunks.Length & BitMask;
        if (tail != 0)
            directory.Summary[^1] = (1UL << tail) - 1;
    }

    ulong ReadWord(int word)
    {
        if (Volatile.Read(ref _directory) is not { } directory
            || Volatile.Read(ref directory.Chunks[word >> ChunkWordShift]) is not { } chunk)
        {
            return 0;
        }
        return chunk.Length == 0 ? PagesOf(word) : Volatile.Read(ref chunk[word & (WordsPerChunk - 1)]);
    }

    // Pages that a chunk covers: all its words', but for the last chunk.
    ulong PagesOfChunk(int number) => Math.Min(PagesPerChunk, PageCount - ((ulong)number * PagesPerChunk));

    sealed class Directory(int chunks)
    {
        // Filled by compare-exchange, and exchanged by whoever drains; read anywhere with Volatile.Read.
        internal readonly ulong[]?[] Chunks = new ulong[]?[chunks];

        // A bit for each chunk. Changed with Interlocked only.
        internal readonly ulong[] Summary = new ulong[(chunks + BitMask) >> WordShift];
    }
}
