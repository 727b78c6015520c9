using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Scale;
using KvmSharp.Lab.Slots.Records;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>What each slot store costs as slots are added.</summary>
/// <param name="stores">The stores, in the order in which they are shown.</param>
/// <param name="defaultStore">The one that a machine gets when nothing is chosen.</param>
public sealed class SlotScale(IReadOnlyList<SlotStoreDesign> stores, SlotStoreDesign defaultStore) : ScaleSubject
{
    const string ReadWhileWriting = "read-while-writing";
    const string BytesEmpty = "bytes-empty";

    static readonly int[] _readers = [1, 2];

    static readonly Work[] _works =
    [
        new("lookup-random", "Find the slots of guest frames in no order.", SlotLookups.Random),
        new("lookup-sequential", "Find the slots of guest frames in ascending order.", SlotLookups.Sequential),
        new("lookup-repeated", "Find the slot of the same guest frame again and again, as a vCPU does.", SlotLookups.Repeated),
        new("hva-lookup", "Find all slots over one page of host memory.", SlotLookups.ByHva),
        new("id-lookup", "Find the slots of ids in no order.", SlotLookups.ById),
        new("add-remove", "Create a slot between others and delete it.", SlotUpdates.AddAndRemove),
        new("move", "Move one slot.", SlotUpdates.Move),
        new("flags", "Switch logging on or off for one slot.", SlotUpdates.SetFlags),
        new("transaction-64", "Create 64 slots in one transaction, or delete them; per transaction.", SlotUpdates.Transact),
        new("build", "Create all slots one at a time; per slot.", SlotUpdates.Build),
        new(
            ReadWhileWriting, "Find a slot, in a read section where the store needs one, while another thread changes flags.",
            (_, _, _) => throw new InvalidOperationException("needs a number of readers")),
        new(BytesEmpty, "The heap's bytes for a store with no slots.", (store, _, _) => SlotBytes.Empty(store)),
        new("bytes-per-slot", "The heap's bytes that a store takes for each slot, the slot object included.", (store, count, _) => SlotBytes.PerSlot(store, count)),
        new("bytes-copied", "Bytes allocated or copied to move one slot.", (store, count, _) => SlotBytes.Copied(store, count)),
    ];

    /// <inheritdoc/>
    public override string Name => "slots";

    /// <inheritdoc/>
    public override string Description => "Memory slots: what finding and changing them costs with each store.";

    /// <inheritdoc/>
    public override ScaleAxis Axis { get; } =
        new("slots", 1, SlotLimits.UserSlots, [1, 8, 64, 509, 8192, SlotLimits.UserSlots]);

    /// <inheritdoc/>
    public override string DesignNoun => "store";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Designs { get; } = [.. stores.Select(store => store.Name)];

    /// <inheritdoc/>
    public override string DefaultDesign => defaultStore.Name;

    /// <inheritdoc/>
    public override double DefaultSeconds => 0.05;

    /// <inheritdoc/>
    public override IReadOnlyList<ScaleOperation> Operations { get; } =
        [.. _works.Select(work => new ScaleOperation(work.Name, work.Title))];

    /// <inheritdoc/>
    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        foreach (Work work in _works.Where(work => selection.Operations.Contains(work.Name)))
        {
            // An empty store is the same however many slots might come.
            foreach (long count in work.Name == BytesEmpty ? selection.Counts.Take(1) : selection.Counts)
            {
                foreach (int? readers in work.Name == ReadWhileWriting ? _readers.Cast<int?>() : [null])
                {
                    foreach (string design in selection.Designs)
                    {
                        SlotStoreDesign store = stores.Single(store => store.Name == design);
                        yield return new ScaleCase(
                            work.Name, design, count, new ScaleVariant(Threads: readers), clock => readers is { } number
                                ? SlotReaders.WhileWriting(store, (int)count, number, clock)
                                : work.Measure(store, (int)count, clock));
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedFigure> PublishedFigures() => SlotRecords.Figures();

    sealed record Work(string Name, string Title, Func<SlotStoreDesign, int, ScaleClock, ScaleMeasure> Measure);
}
