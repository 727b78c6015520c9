using System;
using System.Numerics;
using System.Threading;

namespace KvmSharp.DirtyLog;

// Reading what is marked, and adding it to other bitmaps.
partial class DirtyBitmap
{
    /// <summary>Gives every bit that is set, and leaves it.</summary>
    internal void Visit<TSink>(scoped ref TSink sink)
        where TSink : struct, IDirtySink, allows ref struct
    {
        for (int word = 0; TryFindWord(ref word, out ulong bits, out bool isFullChunk);)
        {
            ulong firstPage = (ulong)word << WordShift;
            if (isFullChunk)
            {
                sink.AddRun(firstPage, PagesOfChunk(word >> ChunkWordShift));
                word += WordsPerChunk;
            }
            else
            {
                sink.AddWord(firstPage, bits);
                word++;
            }
        }
    }

    /// <summary>Clears every bit.</summary>
    internal void Clear()
    {
        var nothing = new Nothing();
        Drain(ref nothing);
    }

    /// <summary>Adds the pages marked in another bitmap of the same size to this one.</summary>
    internal void Add(DirtyBitmap other)
    {
        var adder = new Adder(this);
        other.Visit(ref adder);
    }

    /// <summary>Marks what a sink is given, where nobody else marks.</summary>
    internal void AddRun(ulong firstPage, ulong count)
    {
        // A whole chunk becomes a full one: no memory, and no time for each word.
        if ((firstPage & (PagesPerChunk - 1)) == 0)
        {
            int number = (int)(firstPage / PagesPerChunk);
            if (count == PagesOfChunk(number))
            {
                Directory directory = _directory ?? MakeDirectory();
                Volatile.Write(ref directory.Chunks[number], _full);
                Raise(ref directory.Summary[number >> WordShift], number);
                return;
            }
        }
        MarkRange(firstPage, count);
    }

    /// <summary>Marks what a sink is given.</summary>
    internal void AddWord(ulong firstPage, ulong bits) => MarkWord(firstPage >> WordShift, bits);

    /// <summary>The first word, from a given one on, in which a page is marked.</summary>
    /// <param name="word">Where to begin; where it was found. At the first word of a chunk that is marked throughout.</param>
    /// <param name="bits">Its marked pages.</param>
    /// <param name="isFullChunk">Whether all words of the chunk from here on are marked throughout.</param>
    internal bool TryFindWord(ref int word, out ulong bits, out bool isFullChunk)
    {
        bits = 0;
        isFullChunk = false;
        Directory? directory = Volatile.Read(ref _directory);
        while (directory is not null && word < WordCount)
        {
            int number = word >> ChunkWordShift;
            if (!TryNextBit(directory.Summary, ref number))
                return false;
            if (number != word >> ChunkWordShift)
                word = number << ChunkWordShift;
            ulong[]? chunk = Volatile.Read(ref directory.Chunks[number]);
            if (chunk is { Length: 0 })
            {
                bits = PagesOf(word);
                isFullChunk = (word & (WordsPerChunk - 1)) == 0;
                return true;
            }
            int index = word & (WordsPerChunk - 1);
            while (chunk is not null && TryNextBit(chunk.AsSpan(SummaryStart), ref index))
            {
                bits = Volatile.Read(ref chunk[index]);
                if (bits != 0)
                {
                    word = (number << ChunkWordShift) + index;
                    return true;
                }
                index++;
            }
            word = (number + 1) << ChunkWordShift;
        }
        return false;
    }

    // The next bit set in a row of words, from a number on.
    static bool TryNextBit(Span<ulong> row, ref int number)
    {
        int group = number >> WordShift;
        if (group >= row.Length)
            return false;
        ulong bits = Volatile.Read(ref row[group]) & (ulong.MaxValue << (number & BitMask));
        while (bits == 0)
        {
            if (++group == row.Length)
                return false;
            bits = Volatile.Read(ref row[group]);
        }
        number = (group << WordShift) + BitOperations.TrailingZeroCount(bits);
        return true;
    }

    readonly struct Nothing : IDirtySink
    {
        public void AddWord(ulong firstPage, ulong bits)
        {
        }

        public void AddRun(ulong firstPage, ulong count)
        {
        }
    }

    readonly struct Adder(DirtyBitmap to) : IDirtySink
    {
        public void AddWord(ulong firstPage, ulong bits) => to.AddWord(firstPage, bits);

        public void AddRun(ulong firstPage, ulong count) => to.AddRun(firstPage, count);
    }
}
