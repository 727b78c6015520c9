using System.Threading;

namespace KvmSharp.Vcpus;

/// <summary>
/// Makes room for threads that have lost the processor in the middle of an access, while somebody waits for them: vCPUs that
/// have answered stand aside. With more vCPU threads than processors the wait would last one turn of the scheduler
/// otherwise, which gives each of the others its whole share of time before.
/// </summary>
/// <remarks>
/// Thread-safe. Nobody who stands aside is in an access or waited for, and an access ends by itself, so the wait ends too.
/// </remarks>
sealed class AccessStragglers
{
    readonly object _aside = new();

    // Changed under _aside, read anywhere with Volatile.Read.
    int _waiters;

    /// <summary>Whether somebody waits.</summary>
    internal bool AreWaitedFor => Volatile.Read(ref _waiters) != 0;

    /// <summary>Says that the caller waits for accesses to end. To be followed by <see cref="End"/>.</summary>
    internal void Begin()
    {
        lock (_aside)
            Volatile.Write(ref _waiters, _waiters + 1);
    }

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    internal void End()
    {
        lock (_aside)
        {
            Volatile.Write(ref _waiters, _waiters - 1);
            if (_waiters == 0)
                Monitor.PulseAll(_aside);
        }
    }

    /// <summary>Stands aside while somebody waits. For a vCPU's owner that has just answered, outside any access.</summary>
    internal void MakeRoom()
    {
        if (!AreWaitedFor)
            return;
        lock (_aside)
        {
            while (_waiters != 0)
                Monitor.Wait(_aside);
        }
    }
}
