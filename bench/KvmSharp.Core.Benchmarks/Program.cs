using BenchmarkDotNet.Running;
using KvmSharp.Benchmarks.Bytes;
using KvmSharp.Benchmarks.Targets;

switch (args)
{
    case ["bytes"]:
        BookkeepingReport.Print();
        return 0;
    case ["targets"]:
        return TargetReport.Print() ? 0 : 1;
    case [VcpuTargets.Command, string count, string numbering]:
        VcpuTargets.Answer(count, numbering);
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(TargetReport).Assembly).Run(args);
        return 0;
}
