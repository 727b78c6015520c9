using System;
using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Slots.SlotTries;

/// <summary>
/// Slots in persistent tries: the default. A reader takes one reference and has a map that never changes; an update shares all
/// but a few nodes with the map before it and becomes visible by one store. The garbage collector is the grace period:
/// nobody waits for readers merely to look.
/// </summary>
/// <remarks>
/// A slot that loses its place is hidden by its own mark rather than by publishing a copy: whoever holds the slot, from
/// whichever map, sees at once that it is going, and a slot once removed stays marked.
/// </remarks>
public sealed class SlotTrieStore : SlotStore
{
    // Written by the writer, read anywhere with Volatile.Read.
    SlotMap _active = SlotMap.Empty;

    // The writer's:
    SlotMap? _staged;
    readonly List<MemorySlot> _marked = [];
    bool _markInvalid;
    long _edit;

    /// <summary>The design, by its name on the command line.</summary>
    public static SlotStoreDesign Design { get; } = new("slot-trie", () => new SlotTrieStore());

    /// <inheritdoc/>
    // Pairs with Publish: who sees the map sees all of it.
    public override SlotSet Active => Volatile.Read(ref _active);

    /// <inheritdoc/>
    public override bool RetiresSets => false;

    /// <inheritdoc/>
    public override void Stage(SlotStep step, Span<SlotChange> changes)
    {
        if (step == SlotStep.Apply)
        {
            _staged = _active.With(changes, ++_edit);
            return;
        }
        foreach (ref SlotChange change in changes)
        {
            if (!change.RemovesMemory)
                continue;
            change.Hidden = change.Old;
            _marked.Add(change.Old!);
        }
        _markInvalid = step == SlotStep.Hide;
    }

    /// <inheritdoc/>
    public override void Publish()
    {
        foreach (MemorySlot slot in _marked)
            slot.SetInvalid(_markInvalid);
        _marked.Clear();
        if (_staged is null)
            return;
        // Pairs with Active. A reader in the gap before this store sees the whole old map.
        Volatile.Write(ref _active, _staged);
        _staged = null;
    }

    /// <inheritdoc/>
    public override void Settle(SlotStep step, Span<SlotChange> changes)
    {
    }

    /// <inheritdoc/>
    public override SlotSet Snapshot() => _active;

    /// <inheritdoc/>
    public override void CheckInvariants() => _active.CheckInvariants();
}
