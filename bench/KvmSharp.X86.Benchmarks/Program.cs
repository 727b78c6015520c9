using BenchmarkDotNet.Running;
using KvmSharp.X86.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(FlagBenchmarks).Assembly).Run(args);
