using System;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// Slots in persistent tries: the default. A reader takes one reference and has a map that never changes; an update shares all
/// but a few nodes with the map before it and becomes visible by one store.
/// </summary>
public sealed class SlotTrieStore : ImmutableSetStore
{
    // The writer's: the number of the last update, which marks the nodes that are its own.
    long _edit;

    /// <summary>Makes an empty store.</summary>
    public SlotTrieStore()
        : base(SlotMap.Empty)
    {
    }

    /// <summary>The design, by its name on the command line.</summary>
    public static SlotStoreDesign Design { get; } = new("slot-trie", static () => new SlotTrieStore());

    /// <inheritdoc/>
    protected override SlotSet Next(SlotSet active, ReadOnlySpan<SlotChange> changes) =>
        ((SlotMap)active).With(changes, ++_edit);

    /// <inheritdoc/>
    public override void CheckInvariants() => ((SlotMap)Active).CheckInvariants();
}
