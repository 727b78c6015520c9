using System.Numerics;
using System.Threading;

namespace KvmSharp.DirtyLog;

// Reading and clearing. One thread at a time; markers may run.
partial class DirtyBitmap
{
    /// <summary>Clears every bit, giving those that were set.</summary>
    internal void Drain<TSink>(scoped ref TSink sink)
        where TSink : struct, IDirtySink, allows ref struct
    {
        if (Volatile.Read(ref _directory) is not { } directory)
            return;
        for (int group = 0; group < directory.Summary.Length; group++)
        {
            ref ulong summary = ref directory.Summary[group];
            if (Volatile.Read(ref summary) == 0)
                continue;
            // A full fence. Pairs with MarkWord().
            for (ulong chunks = Interlocked.Exchange(ref summary, 0); chunks != 0; chunks &= chunks - 1)
                DrainChunk(directory, (group << WordShift) + BitOperations.TrailingZeroCount(chunks), ref sink);
        }
    }

    void DrainChunk<TSink>(Directory directory, int number, scoped ref TSink sink)
        where TSink : struct, IDirtySink, allows ref struct
    {
        ulong firstPage = (ulong)number * PagesPerChunk;
        ulong[]? chunk = Volatile.Read(ref directory.Chunks[number]);
        if (chunk is null)
            return;
        if (chunk.Length == 0)
        {
            // A full fence. Pairs with TryMakeChunk().
            Interlocked.Exchange(ref directory.Chunks[number], null);
            sink.AddRun(firstPage, PagesOfChunk(number));
            return;
        }
        for (int group = 0; group < WordsPerChunk / PagesPerWord; group++)
        {
            ref ulong summary = ref chunk[SummaryStart + group];
            if (Volatile.Read(ref summary) == 0)
                continue;
            // Full fences. Pair with MarkWord().
            for (ulong words = Interlocked.Exchange(ref summary, 0); words != 0; words &= words - 1)
            {
                int index = (group << WordShift) + BitOperations.TrailingZeroCount(words);
                ulong bits = Interlocked.Exchange(ref chunk[index], 0);
                if (bits != 0)
                    sink.AddWord(firstPage + (ulong)(index << WordShift), bits);
            }
        }
    }

    /// <summary>Clears bits of one word.</summary>
    /// <param name="word">The word's number.</param>
    /// <param name="mask">The bits to clear.</param>
    /// <returns>Those that were set.</returns>
    internal ulong Take(int word, ulong mask)
    {
        if (Volatile.Read(ref _directory) is not { } directory)
            return 0;
        int number = word >> ChunkWordShift;
        ulong[]? chunk = Volatile.Read(ref directory.Chunks[number]);
        if (chunk is null)
            return 0;
        if (chunk.Length == 0)
            chunk = Spread(directory, number);

        int index = word & (WordsPerChunk - 1);
        ref ulong bits = ref chunk[index];
        if ((Volatile.Read(ref bits) & mask) == 0)
            return 0;
        // A full fence. Pairs with MarkWord().
        ulong before = Interlocked.And(ref bits, ~mask);
        if ((before & ~mask) == 0)
            Prune(directory, number, chunk, index);
        return before & mask;
    }

    // Makes a chunk of its own of one all of whose pages are marked. A marker that still sees the full one has looked
    // behind a fence, and its page is marked in the copy.
    ulong[] Spread(Directory directory, int number)
    {
        ulong[] chunk = new ulong[ChunkLength];
        int firstWord = number << ChunkWordShift;
        for (int index = 0; index < WordsPerChunk && firstWord + index < WordCount; index++)
        {
            chunk[index] = PagesOf(firstWord + index);
            chunk[SummaryStart + (index >> WordShift)] |= 1UL << (index & BitMask);
        }
        // Pairs with MarkWord(): the copy is complete before it is seen.
        Volatile.Write(ref directory.Chunks[number], chunk);
        return chunk;
    }

    // Takes a word that has become empty off the summaries. Level by level: clear, look again, and set it back if a
    // marker that saw it set has come in between.
    static void Prune(Directory directory, int number, ulong[] chunk, int index)
    {
        int group = index >> WordShift;
        ref ulong words = ref chunk[SummaryStart + group];
        // Full fences, each before the look below it. Pair with MarkWord().
        Interlocked.And(ref words, ~(1UL << (index & BitMask)));
        if (Volatile.Read(ref chunk[index]) != 0)
            Raise(ref words, index);
        if (!IsChunkEmpty(chunk))
            return;
        ref ulong chunks = ref directory.Summary[number >> WordShift];
        Interlocked.And(ref chunks, ~(1UL << (number & BitMask)));
        if (!IsChunkEmpty(chunk))
            Raise(ref chunks, number);
    }

    static bool IsChunkEmpty(ulong[] chunk)
    {
        for (int group = SummaryStart; group < ChunkLength; group++)
        {
            if (Volatile.Read(ref chunk[group]) != 0)
                return false;
        }
        return true;
    }
}
