using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Slots;

namespace KvmSharp.Cli.Perf;

/// <summary>Measures everything that was asked for.</summary>
/// <remarks>
/// The stores take turns at each slot count, and at being first, so that what changes on the machine meanwhile meets
/// them all. Tests with memory of the same size share a machine, and each begins with memory full of zeros.
/// </remarks>
sealed class PerfSession
{
    // The three tests with memory of the default size would make so many machines, had each its own.
    internal const int LeastSetups = 3;

    // A setup for which the time is not enough this many times over is made once.
    const int LongSetup = 5;
    const int WarmUpSlots = 10;
    const int WarmUpRounds = 2;

    static readonly TimeSpan _longestWarmUp = TimeSpan.FromMilliseconds(80);

    readonly PerfOptions _options;
    readonly ProgressLine _progress;
    readonly CancellationToken _interruption;
    readonly PerfOutcome _outcome = new();

    PerfSession(PerfOptions options, Terminal terminal, CancellationToken interruption)
    {
        _options = options;
        _progress = new ProgressLine(terminal, CountSteps(options));
        _interruption = interruption;
    }

    /// <summary>Measures until all is done, a check fails or the user interrupts.</summary>
    internal static PerfOutcome Run(PerfOptions options, Terminal terminal, CancellationToken interruption) =>
        new PerfSession(options, terminal, interruption).Run();

    PerfOutcome Run()
    {
        try
        {
            WarmUp();
            for (int index = 0; index < _options.Slots.Count; index++)
                MeasureSlots(_options.Slots[index], index);
            _outcome.IsComplete = !_interruption.IsCancellationRequested;
        }
        catch (PerfTestException exception)
        {
            _outcome.Failure = exception.Message;
        }
        _progress.Clear();
        return _outcome;
    }

    // What runs first would otherwise be measured while the code is still being compiled. The stores take turns, so that
    // the compiler sees them all before it settles on one.
    void WarmUp()
    {
        TimeSpan limit = _options.Limit < _longestWarmUp ? _options.Limit : _longestWarmUp;
        for (int round = 0; round < WarmUpRounds; round++)
        {
            foreach (SlotStoreDesign store in _options.Stores)
                WarmUp(store, Math.Min(WarmUpSlots, SlotStores.Capacity(store)), limit);
        }
    }

    // With what a store can keep, and the tests that so many slots allow.
    void WarmUp(SlotStoreDesign store, int slots, TimeSpan limit)
    {
        if (slots < PerfOptions.LeastSlots)
            return;
        if (_options.Setup)
            MeasureSetup(store, new ArenaLayout(slots, DefaultMemory.Pages), limit);
        foreach (IGrouping<ulong, PerfCase> group in _options.Tests.Select(test => PerfCase.Of(test, slots))
            .Where(@case => @case.WhyImpossible is null).GroupBy(@case => @case.Test.Pages))
        {
            if (_interruption.IsCancellationRequested)
                return;
            _progress.Begin($"warming up {store}");
            using var arena = new MemslotArena(store, group.First().Layout, oneByOne: false, _options.Guest);
            foreach (PerfCase @case in group)
                Measure(@case.Test, arena, store, limit);
        }
    }

    void MeasureSlots(int slots, int turn)
    {
        // A case that is run with fewer slots than asked for may have had its turn already.
        PerfCase[] cases =
        [
            .. _options.Tests.Select(test => PerfCase.Of(test, slots)).Where(@case => @case.WhyImpossible is null
                && _options.Stores.Any(store => _outcome.Find(@case.Test.Name, @case.Slots, store.Name) is null)),
        ];
        for (int run = 0; run < _options.Runs; run++)
        {
            foreach (SlotStoreDesign store in StoresFrom(turn + run))
            {
                bool fits = PerfCase.WhyTooMany(store, slots) is null;
                if (_options.Setup && fits && !_interruption.IsCancellationRequested)
                    MeasureSetup(store, slots);
                foreach (IGrouping<ulong, PerfCase> group in cases.GroupBy(@case => @case.Test.Pages))
                {
                    if (PerfCase.WhyTooMany(store, group.First().Slots) is null)
                        MeasureOnOneMachine(store, [.. group]);
                }
            }
        }
    }

    IEnumerable<SlotStoreDesign> StoresFrom(int first)
    {
        int count = _options.Stores.Count;
        return Enumerable.Range(first, count).Select(turn => _options.Stores[turn % count]);
    }

    void MeasureOnOneMachine(SlotStoreDesign store, PerfCase[] cases)
    {
        if (_interruption.IsCancellationRequested)
            return;
        ArenaLayout layout = cases[0].Layout;
        _progress.Begin($"{store}: creating {layout.SlotCount} slots");
        GC.Collect();
        using var arena = new MemslotArena(store, layout, oneByOne: false, _options.Guest);
        foreach (PerfTest test in cases.Select(@case => @case.Test))
        {
            if (_interruption.IsCancellationRequested)
                return;
            _progress.Begin($"{store}: {test.Name} with {layout.Cap} slots");
            test.Prepare(arena);
            // What was allocated before is not collected, nor moved to where what stays is kept, on the test's time.
            GC.Collect();
            PerfTiming timing = Measure(test, arena, store, _options.Limit);
            _progress.Advance();
            if (timing.Iterations > 0)
            {
                _outcome.Add(new PerfResult(
                    test.Name, layout.Cap, store.Name, timing.SecondsPerIteration, timing.Iterations,
                    arena.SetupTime.TotalSeconds, layout.Pages));
            }
        }
    }

    PerfTiming Measure(PerfTest test, MemslotArena arena, SlotStoreDesign store, TimeSpan limit)
    {
        try
        {
            return PerfRun.Measure(test, arena, limit, _options.Verify, _options.Alarm, _interruption);
        }
        catch (PerfTestException exception)
        {
            throw new PerfTestException($"{test.Name} with {arena.Layout.Cap} slots in {store}: {exception.Message}");
        }
    }

    void MeasureSetup(SlotStoreDesign store, int slots)
    {
        var layout = new ArenaLayout(slots, DefaultMemory.Pages);
        _progress.Begin($"{store}: setup of {slots} slots");
        (double best, int setups) = MeasureSetup(store, layout, _options.Limit);
        _progress.Advance();
        if (setups > 0)
            _outcome.Add(new PerfResult(PerfOptions.SetupName, slots, store.Name, best, setups, best, layout.Pages));
    }

    (double Best, int Setups) MeasureSetup(SlotStoreDesign store, ArenaLayout layout, TimeSpan limit)
    {
        double best = double.PositiveInfinity;
        int setups = 0;
        long start = Stopwatch.GetTimestamp();
        GC.Collect();
        while (!_interruption.IsCancellationRequested
            && (setups == 0 || Stopwatch.GetElapsedTime(start) < (setups < LeastSetups ? limit * LongSetup : limit)))
        {
            // What the machine before this one has left behind is not collected on this one's time.
            GC.Collect(0);
            using var arena = new MemslotArena(store, layout, oneByOne: true, _options.Guest);
            best = Math.Min(best, arena.SetupTime.TotalSeconds);
            setups++;
        }
        return (best, setups);
    }

    static int CountSteps(PerfOptions options)
    {
        var cases = new HashSet<(string, int, SlotStoreDesign)>();
        foreach (SlotStoreDesign store in options.Stores)
        {
            foreach (int slots in options.Slots)
            {
                if (options.Setup && PerfCase.WhyTooMany(store, slots) is null)
                    cases.Add((PerfOptions.SetupName, slots, store));
                foreach (PerfCase @case in options.Tests.Select(test => PerfCase.Of(test, slots)))
                {
                    if (@case.WhyImpossible is null && PerfCase.WhyTooMany(store, @case.Slots) is null)
                        cases.Add((@case.Test.Name, @case.Slots, store));
                }
            }
        }
        return cases.Count * options.Runs;
    }
}
