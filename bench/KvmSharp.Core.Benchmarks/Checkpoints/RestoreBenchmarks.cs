using BenchmarkDotNet.Attributes;
using KvmSharp.Benchmarks.DirtyLog;
using KvmSharp.Checkpoints;

namespace KvmSharp.Benchmarks.Checkpoints;

/// <summary>Writing some pages of a machine and bringing it back, and making a machine of a checkpoint.</summary>
[MemoryDiagnoser]
public class RestoreBenchmarks
{
    LoggedGuest? _guest;
    RestorePoint? _point;

    [Params(1UL, 4UL)]
    public ulong GiB { get; set; }

    [Params(10, 1000)]
    public int Pages { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _guest = new LoggedGuest(GiB, isLogged: true);
        _guest.Write(Pages);
        _point = RestorePoint.Take(_guest.Machine);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _point!.Dispose();
        _point.Checkpoint.Dispose();
        _guest!.Dispose();
    }

    [Benchmark]
    public ulong WriteAndRestore()
    {
        _guest!.Write(Pages);
        return _point!.Restore();
    }

    [Benchmark]
    public void Clone() => _point!.Checkpoint.Clone().Dispose();
}
