using KvmSharp.Addresses;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>Host and guest write every page in turns, and check and clear what the other wrote.</summary>
class ReadWriteTest : PerfTest
{
    const int GuestOffset = 0;
    const int HostOffset = Page.Size / 2;

    internal override string Name => "rw";

    internal override string Title => "RW";

    internal override void RunGuest(GuestCpu cpu, ArenaLayout layout)
    {
        do
        {
            cpu.WritePages(FirstDataPage, DataPages, Value1);
            if (!cpu.Sync())
                return;
            CheckAndClear(cpu);
        }
        while (cpu.Sync());
    }

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

    void CheckAndClear(GuestCpu cpu)
    {
        for (ulong page = FirstDataPage; page < FirstDataPage + DataPages; page++)
        {
            Gpa gpa = ArenaLayout.GpaOf(page) + HostOffset;
            PerfHost.Expect("guest", page, Value2, cpu.Read(gpa));
            cpu.Write(gpa, 0);
        }
    }
}
