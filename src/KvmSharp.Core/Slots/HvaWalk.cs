using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>Enumerates the slots of a set whose host memory meets a range, in ascending order of host address.</summary>
public struct HvaWalk
{
    readonly SlotSet _set;
    readonly HvaRange _range;
    MemorySlot? _current;

    internal HvaWalk(SlotSet set, HvaRange range)
    {
        _set = set;
        _range = range;
        _current = null;
    }

    /// <summary>The slot that the last <see cref="MoveNext"/> found.</summary>
    public readonly MemorySlot Current => _current!;

    /// <summary>The walk itself, for <c>foreach</c>.</summary>
    public readonly HvaWalk GetEnumerator() => this;

    /// <summary>Steps to the next slot.</summary>
    public bool MoveNext()
    {
        if (_range.IsEmpty || _set.NextByHva(_range, _current) is not { } slot)
            return false;
        _current = slot;
        return true;
    }
}
