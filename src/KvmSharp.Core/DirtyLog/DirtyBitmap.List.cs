using System.Threading;

namespace KvmSharp.DirtyLog;

// Membership in the machine's list of bitmaps in which something was marked.
partial class DirtyBitmap
{
    const int NotListed = 0;
    const int Listed = 1;
    const int Apart = 2;

    // Changed with Interlocked, read by markers with Volatile.Read: the top level of the summary.
    int _listed = Apart;

    // Set before NotListed is, by whoever holds the slots lock.
    TouchedBitmaps? _list;

    /// <summary>The next in the list; the list's own.</summary>
    internal DirtyBitmap? NextTouched { get; set; }

    /// <summary>From now on the bitmap joins a list when something is marked; at once, for what is marked already.</summary>
    internal void Follow(TouchedBitmaps list)
    {
        _list = list;
        // A full fence. Pairs with MarkWord(): a marker that still saw the bitmap apart has set its bit before the look.
        if (Interlocked.CompareExchange(ref _listed, NotListed, Apart) == Apart && !IsEmpty)
            JoinList();
    }

    /// <summary>The bitmap was taken off the list and is about to be drained.</summary>
    internal void Unlist() =>
        // A full fence before anything is drained. Pairs with MarkWord().
        Interlocked.CompareExchange(ref _listed, NotListed, Listed);

    void JoinList()
    {
        if (Interlocked.CompareExchange(ref _listed, Listed, NotListed) == NotListed)
            _list!.Push(this);
    }
}
