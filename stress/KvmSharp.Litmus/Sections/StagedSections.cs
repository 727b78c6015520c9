using System.Threading;

namespace KvmSharp.Litmus.Sections;

/// <summary>A copy of the read sections whose entering is in two halves, so that a reader can be parked between them.</summary>
sealed class StagedSections(int rounds)
{
    readonly long[] _readers = new long[2];
    int _current;

    internal int ChooseSet() => Volatile.Read(ref _current);

    internal void Announce(int set) => Interlocked.Increment(ref _readers[set]);

    internal void Leave(int set) => Interlocked.Decrement(ref _readers[set]);

    /// <summary>Waits for readers.</summary>
    /// <param name="waiting">Set when there is somebody to wait for.</param>
    internal void WaitForReaders(ManualResetEventSlim waiting)
    {
        for (int round = 0; round < rounds; round++)
        {
            int former = _current;
            Interlocked.Exchange(ref _current, former ^ 1);
            var spin = new SpinWait();
            while (Volatile.Read(ref _readers[former]) != 0)
            {
                waiting.Set();
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
