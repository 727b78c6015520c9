using System;
using System.Diagnostics;
using System.Threading;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;

namespace KvmSharp.Cli.Perf;

/// <summary>Runs one test once on an arena.</summary>
static class PerfRun
{
    static readonly TimeSpan _exitTimeout = TimeSpan.FromSeconds(10);
    static readonly TimeSpan _longestRunUp = TimeSpan.FromMilliseconds(40);

    /// <summary>Iterates until the time is over; time and iterations are counted after a run-up.</summary>
    /// <remarks>
    /// The run-up is one iteration, or as many as half the time allows. KVM's test has none, and runs for so long that it does
    /// not show. The first iteration is the only one that discards memory which is present in the host, page after page with
    /// a call to the other processors for each; and the first thousands that allocate do so where the collector had no memory
    /// before, with a page fault of the host every 4 KiB. In a run that is over within a second that outweighs all the rest.
    /// </remarks>
    /// <param name="test">The test.</param>
    /// <param name="arena">Its memory, zero-filled.</param>
    /// <param name="limit">The time.</param>
    /// <param name="verify">Whether tests that need not check what they find do so.</param>
    /// <param name="alarm">How long host and guest may take to meet.</param>
    /// <param name="interruption">Ends the run after the iteration under way.</param>
    /// <exception cref="PerfTestException">A check failed, or host and guest lost each other.</exception>
    internal static PerfTiming Measure(
        PerfTest test, MemslotArena arena, TimeSpan limit, bool verify, TimeSpan alarm, CancellationToken interruption)
    {
        ArenaLayout layout = arena.Layout;
        SyncPage.Clear(arena);
        GuestThread guest = GuestThread.Launch(arena.Guest, test.AllowedMmio(layout), () => test.GuestProgram(layout));
        var sync = new SyncPage(arena, guest) { Alarm = alarm };
        var host = new PerfHost(arena, sync, verify);
        long iterations = 0;
        TimeSpan elapsed;
        bool left;
        try
        {
            sync.LetGuestStart();
            TimeSpan runUp = limit / 2 < _longestRunUp ? limit / 2 : _longestRunUp;
            long start = Stopwatch.GetTimestamp();
            do
            {
                if (!interruption.IsCancellationRequested)
                    test.Iterate(host);
                guest.ThrowIfFailed();
            }
            while (!interruption.IsCancellationRequested && Stopwatch.GetElapsedTime(start) < runUp);
            start = Stopwatch.GetTimestamp();
            while (true)
            {
                elapsed = Stopwatch.GetElapsedTime(start);
                // However short the limit, one iteration is a result.
                if ((elapsed >= limit && iterations > 0) || interruption.IsCancellationRequested)
                    break;
                test.Iterate(host);
                guest.ThrowIfFailed();
                iterations++;
            }
        }
        catch (KvmException exception)
        {
            throw new PerfTestException(exception.Message);
        }
        finally
        {
            sync.MakeGuestExit();
            left = guest.Join(_exitTimeout);
        }
        guest.ThrowIfFailed();
        if (!left)
            throw new PerfTestException("the guest did not end when it was told to");
        return new PerfTiming(elapsed, iterations);
    }
}
