using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>A test: a guest program, and what the host does meanwhile and is timed for.</summary>
/// <remarks>Tests hold no state, so that one object serves every machine.</remarks>
abstract class PerfTest
{
    internal const ulong Value1 = 0x1122334455667788;
    internal const ulong Value2 = 0x99AABBCCDDEEFF00;

    /// <summary>The page where a test's data begin: after the synchronisation page.</summary>
    internal const ulong FirstDataPage = 1;

    /// <summary>The name on the command line and in results.</summary>
    internal abstract string Name { get; }

    /// <summary>The name in the table.</summary>
    internal abstract string Title { get; }

    /// <summary>Pages of data. A test's memory has the synchronisation page as well.</summary>
    internal virtual ulong DataPages => DefaultMemory.DataPages;

    /// <summary>Pages of memory.</summary>
    internal ulong Pages => FirstDataPage + DataPages;

    /// <summary>Says why the test cannot be run with these slots, if it cannot.</summary>
    internal virtual string? WhyImpossible(ArenaLayout layout) =>
        layout.PagesPerSlot == 0 ? $"{layout.Pages} pages are too few for {layout.SlotCount} slots" : null;

    /// <summary>Which accesses of the guest may find no memory.</summary>
    internal virtual MmioRule AllowedMmio(ArenaLayout layout) => default;

    /// <summary>The guest program.</summary>
    internal abstract IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout);

    /// <summary>Fills the memory with zeros, before anything runs.</summary>
    internal virtual void Prepare(MemslotArena arena) => arena.ZeroFill();

    /// <summary>One timed iteration of the host.</summary>
    internal abstract void Iterate(PerfHost host);

    private protected static ulong PagesIn(ulong bytes) => bytes >> Page.Shift;
}
