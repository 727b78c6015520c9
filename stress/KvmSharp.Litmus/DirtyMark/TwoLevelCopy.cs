using System.Threading;

namespace KvmSharp.Litmus.DirtyMark;

/// <summary>One word of bits and one of summary, kept as <see cref="KvmSharp.DirtyLog.DirtyBitmap"/> does, or wrongly.</summary>
sealed class TwoLevelCopy(MarkOrder order) : MarkRace(NameOf(order), order != MarkOrder.Sound)
{
    const long Page = 1;
    const long Neighbour = 2;

    RaceWords _words;

    ref long Bits => ref _words.Announcement;

    ref long Summary => ref _words.Gone;

    protected override void Prepare()
    {
        // Skipping shows with the page itself marked before; the rest with another page under the same summary.
        Volatile.Write(ref Bits, order == MarkOrder.SkipsMarked ? Page : Neighbour);
        Volatile.Write(ref Summary, 1);
    }

    protected override void Mark()
    {
        if (order == MarkOrder.SkipsMarked && (Volatile.Read(ref Bits) & Page) != 0)
            return;
        bool raised = Volatile.Read(ref Summary) != 0;
        Interlocked.Or(ref Bits, Page);
        if (order != MarkOrder.LooksBefore)
            raised = Volatile.Read(ref Summary) != 0;
        if (!raised)
            Interlocked.Or(ref Summary, 1);
    }

    protected override bool Drain()
    {
        if (Volatile.Read(ref Summary) == 0)
            return false;
        if (order != MarkOrder.DrainsUpwards)
            Interlocked.Exchange(ref Summary, 0);
        long bits = Interlocked.Exchange(ref Bits, 0);
        if (order == MarkOrder.DrainsUpwards)
            Interlocked.Exchange(ref Summary, 0);
        return (bits & Page) != 0;
    }

    static string NameOf(MarkOrder order) => order switch
    {
        MarkOrder.LooksBefore => "looks, then marks",
        MarkOrder.DrainsUpwards => "clears bits, then summary",
        MarkOrder.SkipsMarked => "skips what is marked",
        _ => "marks, then looks",
    };
}
