using System;
using System.Diagnostics;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;

namespace KvmSharp.Cli.Perf.Backends;

/// <summary>Times slot changes on one machine: all slots are added, the last moves away and back, all are deleted.</summary>
static class BackendRun
{
    const ulong FarAway = 1UL << 40;
    const int LeastMoves = 20;
    const int MostMoves = 4000;

    /// <summary>Measures.</summary>
    /// <param name="newTarget">Makes the machine.</param>
    /// <param name="slots">Slots, a page each, side by side.</param>
    /// <param name="memory">Host memory; slots take its pages in turn.</param>
    /// <param name="moveTime">How long to go on moving.</param>
    /// <param name="interruption">Ends it early.</param>
    /// <returns>Nothing when it was interrupted.</returns>
    internal static BackendTiming? Measure(
        Func<ISlotTarget> newTarget, int slots, AnonymousMemory memory, TimeSpan moveTime, CancellationToken interruption)
    {
        using ISlotTarget target = newTarget();
        ulong pages = memory.Length / Page.Size;
        ulong start = memory.Start.Value;
        // What is left over from before is not to be collected meanwhile.
        GC.Collect();

        long began = Stopwatch.GetTimestamp();
        for (int id = 0; id < slots; id++)
        {
            if (interruption.IsCancellationRequested)
                return null;
            target.Set((ushort)id, (ulong)id * Page.Size, Page.Size, start + ((ulong)id % pages * Page.Size));
        }
        double add = Stopwatch.GetElapsedTime(began).TotalSeconds / slots;

        ushort last = (ushort)(slots - 1);
        ulong home = (ulong)last * Page.Size;
        ulong hva = start + (last % pages * Page.Size);
        double[] moves = new double[MostMoves];
        int count = 0;
        long moving = Stopwatch.GetTimestamp();
        while (count < MostMoves && (count < LeastMoves || Stopwatch.GetElapsedTime(moving) < moveTime))
        {
            began = Stopwatch.GetTimestamp();
            target.Set(last, FarAway, Page.Size, hva);
            target.Set(last, home, Page.Size, hva);
            moves[count++] = Stopwatch.GetElapsedTime(began).TotalSeconds / 2;
        }
        Array.Sort(moves, 0, count);

        began = Stopwatch.GetTimestamp();
        for (int id = 0; id < slots; id++)
        {
            if (interruption.IsCancellationRequested)
                return null;
            target.Set((ushort)id, 0, 0, 0);
        }
        double delete = Stopwatch.GetElapsedTime(began).TotalSeconds / slots;
        return new BackendTiming(add, moves[count / 2], delete);
    }
}
