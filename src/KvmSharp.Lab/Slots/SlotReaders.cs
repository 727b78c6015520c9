using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Lab.Scale;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>Readers that look slots up, each in a section of its own, while a writer changes slots without pause.</summary>
static class SlotReaders
{
    // Enough for a thread to look rarely whether it should stop, and to stop soon.
    const int Batch = 64;

    /// <summary>What a lookup takes one of the readers.</summary>
    /// <remarks>The writer changes flags: so every slot is there all the time, and none but the designs' own cost shows.</remarks>
    internal static ScaleMeasure WhileWriting(SlotStoreDesign store, int count, int readers, ScaleClock clock)
    {
        using SlotCrowd crowd = new SlotCrowd(store, count).Aged();
        using var stop = new CancellationTokenSource();
        Thread[] threads = new Thread[readers];
        Action<long> write = SlotUpdates.Flagger(crowd);
        threads[0] = Start(() => write(1), stop.Token);
        for (int reader = 1; reader < readers; reader++)
        {
            Action<long> read = Reader(crowd);
            threads[reader] = Start(() => read(Batch), stop.Token);
        }
        try
        {
            return clock.Time(Reader(crowd));
        }
        finally
        {
            stop.Cancel();
            foreach (Thread thread in threads)
                thread.Join();
        }
    }

    static Action<long> Reader(SlotCrowd crowd)
    {
        Gfn[] frames = Array.ConvertAll(SlotLookups.PickSlots(crowd.Count), SlotCrowd.FrameOf);
        int next = 0;
        return lookups =>
        {
            int index = next;
            for (long lookup = 0; lookup < lookups; lookup++)
            {
                if (!crowd.Slots.TryFind(frames[index], out _))
                    throw new InvalidOperationException($"{frames[index]} was not found");
                if (++index == frames.Length)
                    index = 0;
            }
            next = index;
        };
    }

    static Thread Start(Action repeat, CancellationToken stop)
    {
        var thread = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                repeat();
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
