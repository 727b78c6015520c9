using System.Threading;

namespace KvmSharp.DirtyLog;

/// <summary>
/// The bitmaps of a machine in which something was marked since they were last drained: with thousands of slots, those
/// worth a look.
/// </summary>
/// <remarks>
/// A stack that markers push to and that is only ever taken whole, so no node is met twice. A bitmap is in it at most
/// once (<see cref="DirtyBitmap"/> says how).
/// </remarks>
sealed class TouchedBitmaps
{
    DirtyBitmap? _top;

    /// <summary>Adds a bitmap. Any thread.</summary>
    internal void Push(DirtyBitmap bitmap)
    {
        DirtyBitmap? seen = Volatile.Read(ref _top);
        while (true)
        {
            bitmap.NextTouched = seen;
            // Pairs with TakeAll(): the link is seen with the bitmap.
            DirtyBitmap? found = Interlocked.CompareExchange(ref _top, bitmap, seen);
            if (ReferenceEquals(found, seen))
                return;
            seen = found;
        }
    }

    /// <summary>Takes all, linked by <see cref="DirtyBitmap.NextTouched"/>. Read the link before anything else.</summary>
    internal DirtyBitmap? TakeAll() => Volatile.Read(ref _top) is null ? null : Interlocked.Exchange(ref _top, null);
}
