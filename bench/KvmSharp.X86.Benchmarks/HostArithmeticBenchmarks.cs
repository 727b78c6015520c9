using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using KvmSharp.X86.FloatingPoint;
using KvmSharp.X86.Simd;

namespace KvmSharp.X86.Benchmarks;

/// <summary>What MULPD costs on the host's arithmetic, and what the exact way costs, which every other case takes.</summary>
[MemoryDiagnoser]
public class HostArithmeticBenchmarks
{
    const uint Inexact = 1 << 5;

    readonly Vector128<byte> _a = Vector128.Create(1.1, 2.2).AsByte();
    readonly Vector128<byte> _b = Vector128.Create(3.3, 4.4).AsByte();
    Mxcsr _mxcsr = new() { Value = Mxcsr.Initial };

    [Benchmark(Baseline = true)]
    public Vector128<byte> InexactAlreadySeen()
    {
        _mxcsr.Value = Mxcsr.Initial | Inexact;
        HostArithmetic.TryDoubles<FloatOperations.Multiply>(_a, _b, 2, ref _mxcsr, out Vector128<byte> result);
        return result;
    }

    [Benchmark]
    public Vector128<byte> InexactToBeFoundOut()
    {
        _mxcsr.Value = Mxcsr.Initial;
        HostArithmetic.TryDoubles<FloatOperations.Multiply>(_a, _b, 2, ref _mxcsr, out Vector128<byte> result);
        return result;
    }

    [Benchmark]
    public Vector128<byte> Exact()
    {
        FloatEnvironment environment = _mxcsr.Environment;
        return FloatLanes.Doubles<FloatOperations.Multiply>(_a, _b, 2, ref environment);
    }
}
