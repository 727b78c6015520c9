using BenchmarkDotNet.Running;
using KvmSharp.X86.Benchmarks;

switch (args)
{
    case ["speed"]:
        SpeedReport.Print();
        return 0;
    case ["scaling"]:
        ScalingReport.Print();
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(FlagBenchmarks).Assembly).Run(args);
        return 0;
}
