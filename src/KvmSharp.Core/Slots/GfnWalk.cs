using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>Enumerates the slots of a set that meet a range of guest frames, ascending.</summary>
public struct GfnWalk
{
    readonly SlotSet _set;
    readonly Gfn _end;
    Gfn _next;

    internal GfnWalk(SlotSet set, GfnRange range)
    {
        _set = set;
        _next = range.Start;
        _end = range.End;
        Current = null!;
    }

    /// <summary>The slot that the last <see cref="MoveNext"/> found.</summary>
    public MemorySlot Current { readonly get; private set; }

    /// <summary>The walk itself, for <c>foreach</c>.</summary>
    public readonly GfnWalk GetEnumerator() => this;

    /// <summary>Steps to the next slot.</summary>
    public bool MoveNext()
    {
        if (_next >= _end || _set.FirstFrom(_next) is not { } slot || slot.Base >= _end)
            return false;
        Current = slot;
        _next = slot.End;
        return true;
    }
}
