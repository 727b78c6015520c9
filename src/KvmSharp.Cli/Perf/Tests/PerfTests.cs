using System.Collections.Generic;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The tests there are, in the order of the table.</summary>
static class PerfTests
{
    internal static IReadOnlyList<PerfTest> All { get; } =
    [
        new MapTest(), new UnmapTest(), new UnmapChunkedTest(), new MoveActiveTest(), new MoveInactiveTest(),
        new ReadWriteTest(),
    ];
}
