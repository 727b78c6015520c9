using System.Numerics;

namespace KvmSharp.DirtyLog;

/// <summary>Enumerates the runs of marked pages of a bitmap, each as long as it can be. Allocates nothing.</summary>
public struct DirtyRuns
{
    readonly DirtyBitmap? _bitmap;
    int _word;
    ulong _bits;
    ulong _firstPage;
    ulong _count;

    internal DirtyRuns(DirtyBitmap? bitmap)
    {
        _bitmap = bitmap;
        _word = -1;
    }

    /// <summary>The first page of the current run and the number of pages.</summary>
    public readonly (ulong FirstPage, ulong Count) Current => (_firstPage, _count);

    /// <summary>This enumeration, from its start.</summary>
    public readonly DirtyRuns GetEnumerator() => new(_bitmap);

    /// <summary>Moves to the next run.</summary>
    public bool MoveNext()
    {
        if (_bits == 0 && !TryNextWord(_word + 1))
            return false;
        int start = BitOperations.TrailingZeroCount(_bits);
        _firstPage = ((ulong)_word * DirtyBitmap.PagesPerWord) + (ulong)start;
        _count = 0;
        while (true)
        {
            int length = BitOperations.TrailingZeroCount(~(_bits >> start));
            _count += (ulong)length;
            if (start + length < DirtyBitmap.PagesPerWord)
            {
                _bits &= ulong.MaxValue << (start + length);
                return true;
            }
            // The run reaches the end of its word; it may go on in the next.
            _bits = 0;
            int word = _word;
            if (!TryNextWord(word + 1) || _word != word + 1 || (_bits & 1) == 0)
                return true;
            start = 0;
        }
    }

    bool TryNextWord(int from)
    {
        if (_bitmap is null)
            return false;
        int word = from;
        bool found = _bitmap.TryFindWord(ref word, out _bits, out _);
        // At the end, stay behind it.
        _word = found ? word : _bitmap.WordCount;
        return found;
    }
}
