using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Checkpoints;
using KvmSharp.DirtyLog;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.DirtyLog;

/// <summary>What dirty logging, restoring and cloning cost as a slot grows and little of it is written.</summary>
public sealed class DirtyScale : ScaleSubject
{
    const string Harvest = "harvest";
    const string MarkRange = "mark-range";
    const string WriteClean = "write-clean";
    const string WriteDirty = "write-dirty";
    const string WriteUnlogged = "write-unlogged";
    const string Enable = "enable";
    const string Restore = "restore";
    const string Clone = "clone";

    const string Sparse = "sparse";
    const string Flat = "flat";

    const int FaultsInARow = 512;

    // A checkpoint asks the host which pages have memory, which takes time in proportion to the slot.
    const long MostCaptured = 1L << 22;

    static readonly long[] _harvested = [10, 1000];
    static readonly long[] _restored = [10, 1000];

    /// <inheritdoc/>
    public override string Name => "dirty";

    /// <inheritdoc/>
    public override string Description => "Dirty logging and restoring: what they cost as a slot grows.";

    /// <inheritdoc/>
    public override ScaleAxis Axis { get; } =
        new("pages", FaultsInARow * 2, 1L << 28, [1L << 18, 1L << 20, 1L << 24, 1L << 28]);

    /// <inheritdoc/>
    public override string DesignNoun => "log";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Designs { get; } = [Sparse, Flat];

    /// <inheritdoc/>
    public override string DefaultDesign => Sparse;

    /// <inheritdoc/>
    public override IReadOnlyList<ScaleOperation> Operations { get; } =
    [
        new(Harvest, "Find the dirty pages of a slot, and have their next writes caught: by summaries, or in KVM's flat bitmap."),
        new(MarkRange, "Mark 64 pages side by side."),
        new(WriteClean, "Write a page that is logged and not dirty."),
        new(WriteDirty, "Write a page that is logged and dirty already."),
        new(WriteUnlogged, "Write a page that is not logged."),
        new(Enable, "Switch logging on for a slot that is mapped throughout, with every page dirty at first."),
        new(Restore, "Bring dirty pages back to what they were."),
        new(Clone, "Make a machine of a checkpoint."),
    ];

    /// <inheritdoc/>
    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection)
    {
        foreach (string operation in selection.Operations)
        {
            foreach (long count in selection.Counts)
            {
                if (operation is Restore or Clone && count > MostCaptured)
                    continue;
                foreach (long? dirty in DirtyPages(operation))
                {
                    foreach (string design in selection.Designs.Where(design => design == Sparse || operation == Harvest))
                    {
                        yield return new ScaleCase(
                            operation, design, count, new ScaleVariant(Dirty: dirty),
                            clock => Measure(operation, design, count, dirty ?? 0, clock));
                    }
                }
            }
        }
    }

    static IEnumerable<long?> DirtyPages(string operation) => operation switch
    {
        Harvest => _harvested.Select(pages => (long?)pages),
        Restore => _restored.Select(pages => (long?)pages),
        _ => [null],
    };

    static ScaleMeasure Measure(string operation, string design, long pages, long dirty, ScaleClock clock) =>
        operation switch
        {
            Harvest when design == Flat => HarvestFlat(pages, dirty, clock),
            Harvest => HarvestSparse(pages, dirty, clock),
            MarkRange => MarkRanges(pages, clock),
            WriteClean => WriteCleanPages(pages, clock),
            WriteDirty => WriteOnePage(pages, isLogged: true, clock),
            WriteUnlogged => WriteOnePage(pages, isLogged: false, clock),
            Enable => EnableLogging(pages, clock),
            Restore => RestorePages(pages, dirty, clock),
            _ => CloneMachine(pages, clock),
        };

    static ScaleMeasure HarvestSparse(long pages, long dirty, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged: true);
        using DirtyConsumer consumer = machine.Machine.DirtyTracking.OpenConsumer();
        return clock.TimeFresh<object?>(Prepare, _ =>
        {
            long found = 0;
            foreach (DirtyRange range in consumer.Harvest())
                found += (long)range.PageCount;
            Require(found, dirty);
        });

        object? Prepare()
        {
            machine.Write(dirty);
            return null;
        }
    }

    static ScaleMeasure HarvestFlat(long pages, long dirty, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged: true);
        ulong[] bitmap = new ulong[DirtyTracking.WordsFor((ulong)pages)];
        return clock.TimeFresh<object?>(Prepare, _ => Require(machine.HarvestFlat(bitmap), dirty));

        object? Prepare()
        {
            machine.Write(dirty);
            return null;
        }
    }

    static ScaleMeasure MarkRanges(long pages, ScaleClock clock)
    {
        const int Ranges = 1024;
        const int PagesPerRange = 64;
        var bitmap = new DirtyBitmap((ulong)pages, initiallySet: false);
        ulong ranges = Math.Min(Ranges, (ulong)pages / PagesPerRange);
        ulong stride = (ulong)pages / ranges / PagesPerRange * PagesPerRange;
        return clock.Time(times =>
        {
            ulong range = 0;
            for (long time = 0; time < times; time++)
            {
                bitmap.MarkRange(range * stride, PagesPerRange);
                if (++range == ranges)
                    range = 0;
            }
        });
    }

    static ScaleMeasure WriteCleanPages(long pages, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged: true);
        using DirtyConsumer consumer = machine.Machine.DirtyTracking.OpenConsumer();
        return clock.TimeFresh<object?>(Prepare, _ => machine.Write(FaultsInARow), FaultsInARow);

        object? Prepare()
        {
            consumer.Harvest();
            return null;
        }
    }

    static ScaleMeasure WriteOnePage(long pages, bool isLogged, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged);
        return clock.Time(machine.WriteOnePage);
    }

    static ScaleMeasure EnableLogging(long pages, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged: false, initiallySet: true);
        return clock.TimeFresh<object?>(Prepare, _ => machine.SetLogged(true));

        object? Prepare()
        {
            machine.SetLogged(false);
            machine.MapAll();
            return null;
        }
    }

    static ScaleMeasure RestorePages(long pages, long dirty, ScaleClock clock)
    {
        using var machine = new LoggedMachine(pages, isLogged: true);
        machine.Write(dirty);
        machine.Vcpu.ExitGuest();
        using RestorePoint point = RestorePoint.Take(machine.Machine);
        using Checkpoint closing = point.Checkpoint;
        return clock.TimeFresh<object?>(Prepare, _ => Require((long)point.Restore(), dirty));

        object? Prepare()
        {
            machine.Vcpu.TryEnterGuest();
            machine.Write(dirty);
            machine.Vcpu.ExitGuest();
            return null;
        }
    }

    static ScaleMeasure CloneMachine(long pages, ScaleClock clock)
    {
        const int Populated = 1000;
        using var machine = new LoggedMachine(pages, isLogged: false);
        machine.Write(Math.Min(Populated, pages));
        machine.Vcpu.ExitGuest();
        using RestorePoint point = RestorePoint.Take(machine.Machine);
        using Checkpoint checkpoint = point.Checkpoint;
        return clock.TimeFresh<Clones>(() => new Clones(checkpoint), clones => clones.Make());
    }

    static void Require(long found, long expected)
    {
        if (found != expected)
            throw new InvalidOperationException($"{found} pages were found, {expected} written");
    }

    sealed class Clones(Checkpoint checkpoint) : IDisposable
    {
        VirtualMachine? _clone;

        internal void Make() => _clone = checkpoint.Clone();

        public void Dispose() => _clone?.Dispose();
    }
}
