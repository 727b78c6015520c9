using System.Collections.Generic;
using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The guest writes, and so maps, one half of the memory while the host takes the other half away.</summary>
/// <remarks>
/// A half is given back by one call of the library. KVM's own test makes a call for each slot, and with 8,193 slots then
/// measures how long the host takes to interrupt the other processors 8,193 times.
/// </remarks>
class MapTest : PerfTest
{
    internal override string Name => "map";

    internal override string Title => "Map";

    internal override ulong DataPages => PagesIn(32 << 20);

    ulong Half => DataPages / 2;

    internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
    [
        new GuestStep.WritePages(FirstDataPage, Half, Value1),
        new GuestStep.Sync(),
        new GuestStep.WritePages(FirstDataPage + Half, Half, Value2),
        new GuestStep.Sync(),
    ];

    internal override void Iterate(PerfHost host)
    {
        // Meanwhile the guest writes the first half …
        host.Arena.DiscardTogether(FirstDataPage + Half, Half);
        host.Sync();
        host.Verify(FirstDataPage, Value1);
        host.Verify(FirstDataPage + Half - 1, Value1);
        // … and now the second. That one is taken away when the next iteration begins.
        host.Arena.DiscardTogether(FirstDataPage, Half);
        host.Sync();
        host.Verify(FirstDataPage + Half, Value2);
        host.Verify(FirstDataPage + DataPages - 1, Value2);
    }
}
