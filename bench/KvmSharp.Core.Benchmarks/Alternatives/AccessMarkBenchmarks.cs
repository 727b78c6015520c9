using System.Runtime.InteropServices;
using System.Threading;
using BenchmarkDotNet.Attributes;

namespace KvmSharp.Benchmarks.Alternatives;

/// <summary>
/// How an access announces itself: by a plain store, for which the rare requester pays a process-wide barrier, or,
/// rejected, by an atomic operation, for which every access pays. Without any mark, for scale.
/// </summary>
public class AccessMarkBenchmarks
{
    const int Accesses = 1024;

    Words _words;

    [Benchmark(Baseline = true, OperationsPerInvoke = Accesses)]
    public long PlainMark()
    {
        long sum = 0;
        for (int index = 0; index < Accesses; index++)
        {
            Volatile.Write(ref _words.Mark, 1);
            if (Volatile.Read(ref _words.Attention) == 0)
                sum += Volatile.Read(ref _words.Data);
            Volatile.Write(ref _words.Mark, 0);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Accesses)]
    public long AtomicMark()
    {
        long sum = 0;
        for (int index = 0; index < Accesses; index++)
        {
            Interlocked.Exchange(ref _words.Mark, 1);
            if (Volatile.Read(ref _words.Attention) == 0)
                sum += Volatile.Read(ref _words.Data);
            Volatile.Write(ref _words.Mark, 0);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Accesses)]
    public long NoMark()
    {
        long sum = 0;
        for (int index = 0; index < Accesses; index++)
        {
            if (Volatile.Read(ref _words.Attention) == 0)
                sum += Volatile.Read(ref _words.Data);
        }
        return sum;
    }

    [Benchmark]
    public void RequestersBarrier() => Interlocked.MemoryBarrierProcessWide();

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Words
    {
        [FieldOffset(64)]
        internal long Attention;

        [FieldOffset(128)]
        internal int Mark;

        [FieldOffset(192)]
        internal long Data;
    }
}
