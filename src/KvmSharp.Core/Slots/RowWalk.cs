using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>
/// Enumerates the guest frames behind a range of host memory. Slots that lie side by side in the guest as they do in the host
/// are found as one row, however many they are, where the set keeps account of its rows; slots that may share host memory are
/// found one by one.
/// </summary>
struct RowWalk
{
    readonly SlotSet _set;
    readonly HvaRange _range;
    readonly bool _oneByOne;
    MemorySlot? _last;
    Hva _next;

    internal RowWalk(SlotSet set, HvaRange range)
    {
        _set = set;
        _range = range;
        _oneByOne = set.MaySharePages;
        _next = range.Start;
    }

    /// <summary>The frames that the last <see cref="MoveNext"/> found; pages touched in part are included.</summary>
    public GfnRange Current { readonly get; private set; }

    /// <summary>The walk itself, for <c>foreach</c>.</summary>
    public readonly RowWalk GetEnumerator() => this;

    /// <summary>Steps to the next row.</summary>
    public bool MoveNext()
    {
        if (_next >= _range.End)
            return false;
        // No other slot has any of a row's host memory, so that the walk goes on where the row ends.
        HvaRange rest = _oneByOne ? _range : new HvaRange(_next, _range.End - _next);
        _last = _set.NextByHva(rest, _oneByOne ? _last : null);
        if (_last is null)
            return false;
        Current = _last.ToFrames(rest);
        if (!_oneByOne && _last.HvaRange.End < _range.End)
            GoToEndOfRow();
        else if (!_oneByOne)
            _next = _range.End;
        return true;
    }

    void GoToEndOfRow()
    {
        Gfn start = Current.Start;
        Hva from = _last!.ToHva(start);
        Gfn limit = start + ((_range.Last - from) >> Page.Shift) + 1;
        Current = GfnRange.Between(start, _set.EndOfRow(_last, limit));
        _next = from + (Current.Count << Page.Shift);
    }
}
