using BenchmarkDotNet.Attributes;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.Vcpus;

/// <summary>Entering and leaving guest mode, and what others ask of a vCPU.</summary>
[MemoryDiagnoser]
public class VcpuBenchmarks
{
    static readonly VcpuRequest _request = VcpuRequest.Architectural(8);

    VirtualMachine _machine = null!;
    Vcpu _vcpu = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _machine = new VirtualMachine();
        _vcpu = _machine.Vcpus.Create(new VcpuId(0));
    }

    [GlobalCleanup]
    public void CleanUp() => _machine.Dispose();

    [Benchmark(Baseline = true)]
    public bool EnterAndExit()
    {
        bool entered = _vcpu.TryEnterGuest();
        _vcpu.ExitGuest();
        return entered;
    }

    [Benchmark]
    public void KickOutside() => _vcpu.Kick();

    [Benchmark]
    public void EnterKickAndExit()
    {
        _vcpu.TryEnterGuest();
        _vcpu.Kick();
        _vcpu.ExitGuest();
    }

    [Benchmark]
    public bool RequestAndTake()
    {
        _vcpu.MakeRequest(_request);
        return _vcpu.TakeRequest(_request);
    }

    [Benchmark]
    public bool NeedsExit() => _vcpu.NeedsExit;
}
