using System.Collections.Generic;
using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The host moves the last slot away and back while the guest writes pages in it, or just below it.</summary>
abstract class MoveTest : PerfTest
{
    /// <summary>Pages that the guest writes.</summary>
    internal const ulong AreaPages = 50;

    /// <summary>How many of these lie in the slot that moves, from its start.</summary>
    private protected abstract ulong PagesInSlot { get; }

    private protected ulong FirstPage(ArenaLayout layout) => layout.LastSlotPage + PagesInSlot - AreaPages;

    internal override string? WhyImpossible(ArenaLayout layout)
    {
        if (base.WhyImpossible(layout) is { } reason)
            return reason;
        if (layout.LastSlotPages < PagesInSlot)
            return $"the last slot has {layout.LastSlotPages} of the {PagesInSlot} pages that the guest writes in it";
        ulong below = AreaPages - PagesInSlot;
        return layout.LastSlotPage < FirstDataPage + below
            ? $"there are no {below} pages for the guest to write below the last slot"
            : null;
    }

    // No meetings: a guest that waited for the host would not use the slot while it moves.
    internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
    [
        new GuestStep.LookForExit(),
        new GuestStep.WritePages(FirstPage(layout), AreaPages, Value1),
    ];

    internal override void Iterate(PerfHost host)
    {
        host.Arena.MoveLastSlotAway();
        host.Arena.MoveLastSlotBack();
    }
}
