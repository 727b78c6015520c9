using System.Collections.Generic;
using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>
/// The host takes memory away page by page, of which the guest uses a single page: with more, the host would spend its
/// time waiting for the guest.
/// </summary>
class UnmapTest : PerfTest
{
    internal override string Name => "unmap";

    internal override string Title => "Unmap";

    internal override ulong DataPages => PagesIn(128 << 20);

    private protected ulong Half => DataPages / 2;

    internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
    [
        new GuestStep.WritePages(FirstDataPage, 1, Value1),
        new GuestStep.Sync(),
        new GuestStep.WritePages(FirstDataPage + Half, 1, Value2),
        new GuestStep.Sync(),
    ];

    // That is how the first iteration leaves it, which is not timed, after a call to the other processors for each page.
    internal override void Prepare(MemslotArena arena) => arena.DiscardAll();

    internal override void Iterate(PerfHost host)
    {
        host.Sync();
        host.Verify(FirstDataPage, Value1);
        DiscardHalf(host.Arena, FirstDataPage);
        host.Sync();
        host.Verify(FirstDataPage + Half, Value2);
        DiscardHalf(host.Arena, FirstDataPage + Half);
    }

    private protected virtual void DiscardHalf(MemslotArena arena, ulong page)
    {
        for (ulong end = page + Half; page < end; page++)
            arena.DiscardPage(page);
    }
}
