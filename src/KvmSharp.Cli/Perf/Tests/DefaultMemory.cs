using KvmSharp.Addresses;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The memory of a test that does not ask for another size.</summary>
static class DefaultMemory
{
    internal const ulong DataPages = (512UL << 20) >> Page.Shift;

    internal const ulong Pages = PerfTest.FirstDataPage + DataPages;
}
