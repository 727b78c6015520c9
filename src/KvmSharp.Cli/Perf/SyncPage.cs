using System;
using System.Diagnostics;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.HostMemory;

namespace KvmSharp.Cli.Perf;

/// <summary>
/// The host's side of the page that host and guest meet in; each <see cref="IGuest"/> has the other side.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>The guest waits for the start flag.</item>
/// <item>To meet, the host sets the sync flag and spins until the guest has taken it off by a compare-exchange: what the
/// guest did before is then done, and what the host did before is seen by the guest.</item>
/// <item>While the guest waits for the sync flag it looks at the exit flag, and ends when that is set.</item>
/// </list>
/// </remarks>
sealed class SyncPage
{
    internal const int StartFlag = 0;
    internal const int ExitFlag = 8;
    internal const int SyncFlag = 16;

    // Spinning costs a core. Whoever spins longer than any meeting takes lets other threads have it now and then.
    const int SpinsBetweenLooks = 1024;
    const int LooksBeforeYielding = 16;

    readonly HostMapping _memory;
    readonly GuestThread _guest;

    internal SyncPage(MemslotArena arena, GuestThread guest)
    {
        _memory = arena.Memory;
        _guest = guest;
    }

    /// <summary>How long a meeting may take.</summary>
    internal TimeSpan Alarm { get; init; } = TimeSpan.FromSeconds(10);

    internal static Gpa GpaOf(int flag) => ArenaLayout.Start + (ulong)flag;

    /// <summary>Clears all flags, before the guest is launched.</summary>
    internal static void Clear(MemslotArena arena)
    {
        arena.Memory.VolatileWriteUInt64(StartFlag, 0);
        arena.Memory.VolatileWriteUInt64(ExitFlag, 0);
        arena.Memory.VolatileWriteUInt64(SyncFlag, 0);
    }

    internal void LetGuestStart() => _memory.VolatileWriteUInt64(StartFlag, 1);

    internal void MakeGuestExit() => _memory.VolatileWriteUInt64(ExitFlag, 1);

    /// <summary>Meets the guest.</summary>
    /// <exception cref="PerfTestException">The guest did not come in time, or has failed.</exception>
    internal void Sync()
    {
        // Pairs with Sync() in ViewGuest and X86GuestCode: a release here, an acquire and a release there, an acquire below.
        _memory.VolatileWriteUInt64(SyncFlag, 1);
        int spins = 0;
        while (_memory.VolatileReadUInt64(SyncFlag) != 0)
        {
            if (++spins == SpinsBetweenLooks)
            {
                WaitOn();
                return;
            }
        }
    }

    void WaitOn()
    {
        long start = Stopwatch.GetTimestamp();
        int looks = 0;
        while (_memory.VolatileReadUInt64(SyncFlag) != 0)
        {
            _guest.ThrowIfFailed();
            if (Stopwatch.GetElapsedTime(start) > Alarm)
                throw new PerfTestException($"the guest did not answer the host within {Alarm.TotalSeconds:0.###} s");
            if (++looks > LooksBeforeYielding)
                Thread.Yield();
            for (int spin = 0; spin < SpinsBetweenLooks && _memory.VolatileReadUInt64(SyncFlag) != 0; spin++)
                Thread.SpinWait(1);
        }
    }
}
