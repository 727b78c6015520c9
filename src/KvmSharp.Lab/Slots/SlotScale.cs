using System.Collections.Generic;
using System.Linq;
using KvmSharp.Lab.Scale;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>What each slot store costs as slots are added.</summary>
/// <param name="stores">The stores, in the order in which they are shown.</param>
/// <param name="defaultStore">The one that a machine gets when nothing is chosen.</param>
public sealed class SlotScale(IReadOnlyList<SlotStoreDesign> stores, SlotStoreDesign defaultStore) : ScaleSubject
{
    const string LookupRandom = "lookup-random";
    const string LookupRepeated = "lookup-repeated";

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
    public override IReadOnlyList<ScaleOperation> Operations { get; } =
    [
        new(LookupRandom, "Find the slots of guest frames in no order."),
        new(LookupRepeated, "Find the slot of the same guest frame again and again, as a vCPU does."),
    ];

    /// <inheritdoc/>
    public override IEnumerable<ScaleCase> Plan(ScaleSelection selection)
    {
        foreach (string operation in selection.Operations)
        {
            foreach (long count in selection.Counts)
            {
                foreach (string design in selection.Designs)
                {
                    SlotStoreDesign store = stores.Single(store => store.Name == design);
                    yield return new ScaleCase(operation, design, count, default, clock =>
                    {
                        using var crowd = new SlotCrowd(store, (int)count);
                        return operation == LookupRandom ? SlotLookups.Random(crowd, clock) : SlotLookups.Repeated(crowd, clock);
                    });
                }
            }
        }
    }
}
