using System;
using System.Diagnostics;
using KvmSharp.Benchmarks.DirtyLog;
using KvmSharp.Checkpoints;
using KvmSharp.DirtyLog;

namespace KvmSharp.Benchmarks.Targets;

/// <summary>The figures of dirty logging and of checkpoints.</summary>
static class DirtyTargets
{
    const int Samples = 301;
    const int Writes = 1 << 12;
    const int Ranges = 1 << 10;
    const ulong PagesPerTiB = 1UL << 28;

    static readonly TimeSpan _warmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>Harvests of ten pages, of a slot of 1 TiB, and as a multiple of those of a slot of 1 GiB.</summary>
    internal static (Timing Large, Timing Ratio) Harvest()
    {
        using var small = new LoggedGuest(1, isLogged: true);
        using var large = new LoggedGuest(1024, isLogged: true);
        using DirtyConsumer ofSmall = small.Machine.DirtyTracking.OpenConsumer();
        using DirtyConsumer ofLarge = large.Machine.DirtyTracking.OpenConsumer();
        return Compare(
            () => large.Write(10), () => Require(ofLarge.Harvest().CountPages(), 10),
            () => small.Write(10), () => Require(ofSmall.Harvest().CountPages(), 10));
    }

    internal static Timing Mark64Pages()
    {
        var bitmap = new DirtyBitmap(PagesPerTiB, initiallySet: false);
        return Stopclock.Measure(Ranges, () =>
        {
            for (ulong range = 0; range < Ranges; range++)
                bitmap.MarkRange(range * 64, 64);
        });
    }

    /// <summary>Writes to a page that is logged and dirty, as multiples of those to one that is not logged.</summary>
    internal static Timing WriteDirty()
    {
        using var logged = new LoggedGuest(1, isLogged: true);
        using var unlogged = new LoggedGuest(1, isLogged: false);
        return Compare(
            () => { }, () => logged.WriteOnePage(Writes),
            () => { }, () => unlogged.WriteOnePage(Writes)).Ratio;
    }

    internal static Timing Enable()
    {
        using var guest = new LoggedGuest(64, isLogged: false);
        return Time(guest.MapUnlogged, guest.BeginLogging);
    }

    /// <summary>Restores of a thousand pages of 4 GiB, and as a multiple of those of 1 GiB.</summary>
    internal static (Timing Large, Timing Ratio) Restore()
    {
        using var small = new LoggedGuest(1, isLogged: true);
        using var large = new LoggedGuest(4, isLogged: true);
        small.Write(1000);
        large.Write(1000);
        using RestorePoint ofSmall = RestorePoint.Take(small.Machine);
        using RestorePoint ofLarge = RestorePoint.Take(large.Machine);
        using Checkpoint smallCheckpoint = ofSmall.Checkpoint, largeCheckpoint = ofLarge.Checkpoint;
        return Compare(
            () => large.Write(1000), () => Require(ofLarge.Restore(), 1000),
            () => small.Write(1000), () => Require(ofSmall.Restore(), 1000));
    }

    internal static Timing Clone()
    {
        using var guest = new LoggedGuest(4, isLogged: false);
        guest.Write(1000);
        using RestorePoint point = RestorePoint.Take(guest.Machine);
        using Checkpoint checkpoint = point.Checkpoint;
        VirtualMachine? clone = null;
        Timing timing = Time(() => clone?.Dispose(), () => clone = checkpoint.Clone());
        clone?.Dispose();
        return timing;
    }

    static Timing Time(Action prepare, Action work)
    {
        WarmUp(() => Once(prepare, work));
        double[] samples = new double[Samples];
        foreach (ref double sample in samples.AsSpan())
            sample = Once(prepare, work);
        return Timing.Of(samples);
    }

    // The two take turns, so that a change of the host's mood meets both.
    static (Timing Work, Timing Ratio) Compare(Action prepare, Action work, Action prepareOther, Action other)
    {
        double[] samples = new double[Samples], others = new double[Samples];
        WarmUp(() => Once(prepare, work) + Once(prepareOther, other));
        for (int sample = 0; sample < Samples; sample++)
        {
            samples[sample] = Once(prepare, work);
            others[sample] = Once(prepareOther, other);
        }
        Timing measured = Timing.Of(samples), otherMeasured = Timing.Of(others);
        return (measured, new Timing(measured.Median / otherMeasured.Median, measured.Best / otherMeasured.Best));
    }

    static void WarmUp(Func<double> once)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < _warmUp)
            once();
    }

    static double Once(Action prepare, Action work)
    {
        prepare();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }

    static void Require(ulong found, ulong expected)
    {
        if (found != expected)
            throw new InvalidOperationException($"{found} pages were found, {expected} written");
    }
}
