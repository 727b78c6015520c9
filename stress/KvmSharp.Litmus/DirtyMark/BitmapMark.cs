using KvmSharp.DirtyLog;

namespace KvmSharp.Litmus.DirtyMark;

/// <summary>
/// The library's bitmap, drained, or cleared by the word and drained only afterwards, by summaries that the clearing has
/// brought level. The page's neighbour is marked before, or all pages are.
/// </summary>
sealed class BitmapMark(bool drains, bool initiallySet)
    : MarkRace($"bitmap {(drains ? "drained" : "taken")}{(initiallySet ? ", all set" : "")}", isBroken: false)
{
    const ulong Pages = 100;
    const ulong Page = 70;
    const ulong Neighbour = 71;
    const int Word = (int)(Page / 64);
    const ulong Bit = 1UL << (int)(Page % 64);

    DirtyBitmap _bitmap = new(Pages, initiallySet);

    bool _taken;

    protected override void Prepare()
    {
        _taken = false;
        if (initiallySet)
            _bitmap = new DirtyBitmap(Pages, initiallySet);
        else
            _bitmap.Mark(Neighbour);
    }

    protected override void Mark() => _bitmap.Mark(Page);

    protected override bool Drain()
    {
        if (!drains && !_taken)
        {
            _taken = true;
            return (_bitmap.Take(Word, ulong.MaxValue) & Bit) != 0;
        }
        var found = new Found(new bool[1]);
        _bitmap.Drain(ref found);
        return found.Page[0];
    }

    readonly record struct Found(bool[] Page) : IDirtySink
    {
        public void AddWord(ulong firstPage, ulong bits) => Page[0] |= firstPage == Word * 64UL && (bits & Bit) != 0;

        public void AddRun(ulong firstPage, ulong count) =>
            Page[0] |= firstPage <= BitmapMark.Page && BitmapMark.Page < firstPage + count;
    }
}
