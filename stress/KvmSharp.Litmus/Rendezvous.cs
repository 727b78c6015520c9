using System.Runtime.InteropServices;
using System.Threading;

namespace KvmSharp.Litmus;

/// <summary>Where two threads meet before they race. Both leave within a few ten nanoseconds of each other.</summary>
sealed class Rendezvous
{
    const int SpinsBeforeYield = 50_000;

    Words _words;

    /// <summary>Says that a side has come, and waits for the other.</summary>
    /// <param name="first">Which of the two sides calls.</param>
    internal void Meet(bool first)
    {
        ref long mine = ref first ? ref _words.First : ref _words.Second;
        ref long other = ref first ? ref _words.Second : ref _words.First;
        // A full fence: no store of the last round is still on its way in the next.
        long round = Interlocked.Increment(ref mine);
        var spin = new SpinWait();
        int quick = 0;
        while (Volatile.Read(ref other) < round)
        {
            // The other side is on the other core, mostly. Giving the core up at once would keep both on one: a scheduler
            // moves apart what runs, not what yields.
            if (++quick < SpinsBeforeYield)
                continue;
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 384)]
    struct Words
    {
        [FieldOffset(128)]
        internal long First;

        [FieldOffset(256)]
        internal long Second;
    }
}
