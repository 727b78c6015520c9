using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>Host and guest write every page in turns, and check and clear what the other wrote.</summary>
class ReadWriteTest : PerfTest
{
    const int GuestOffset = 0;
    const int HostOffset = Page.Size / 2;

    internal override string Name => "rw";

    internal override string Title => "RW";

    internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
    [
        new GuestStep.WritePages(FirstDataPage, DataPages, Value1),
        new GuestStep.Sync(),
        new GuestStep.CheckAndClear(FirstDataPage, DataPages, HostOffset, Value2),
        new GuestStep.Sync(),
    ];

    internal override void Iterate(PerfHost host)
    {
        MemslotArena arena = host.Arena;
        for (ulong page = FirstDataPage; page < FirstDataPage + DataPages; page++)
            arena.Write(page, HostOffset, Value2);
        host.Sync();
        for (ulong page = FirstDataPage; page < FirstDataPage + DataPages; page++)
        {
            PerfHost.Expect("host", page, Value1, arena.Read(page, GuestOffset));
            arena.Write(page, GuestOffset, 0);
        }
        host.Sync();
    }
}
