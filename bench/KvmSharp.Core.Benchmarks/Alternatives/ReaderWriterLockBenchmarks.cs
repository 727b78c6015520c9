using System.Threading;
using BenchmarkDotNet.Attributes;
using KvmSharp.SecondStage;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>
/// The lock around the second stage against the runtime's: alone, and by two threads that map at once, who on the
/// runtime's lock meet on one word.
/// </summary>
public class ReaderWriterLockBenchmarks
{
    const int Entries = 10_000;

    readonly MmuLock _lock = new();
    readonly ReaderWriterLockSlim _slim = new(LockRecursionPolicy.NoRecursion);

    [GlobalCleanup]
    public void CleanUp() => _slim.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Entries)]
    public void MmuLockShared() => EnterMmuLock(0);

    [Benchmark(OperationsPerInvoke = Entries)]
    public void SlimShared() => EnterSlim();

    [Benchmark(OperationsPerInvoke = Entries)]
    public void MmuLockSharedByTwo()
    {
        var other = new Thread(() => EnterMmuLock(1));
        other.Start();
        EnterMmuLock(0);
        other.Join();
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public void SlimSharedByTwo()
    {
        var other = new Thread(EnterSlim);
        other.Start();
        EnterSlim();
        other.Join();
    }

    void EnterMmuLock(int hint)
    {
        for (int entry = 0; entry < Entries; entry++)
        {
            _lock.EnterShared(hint);
            _lock.ExitShared(hint);
        }
    }

    void EnterSlim()
    {
        for (int entry = 0; entry < Entries; entry++)
        {
            _slim.EnterReadLock();
            _slim.ExitReadLock();
        }
    }
}
