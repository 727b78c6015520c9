using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.CopiedLists;

/// <summary>
/// What rust-vmm's vm-memory does: an immutable sorted list of references to regions, cloned whole with one more or one
/// less, checked when it has a new one, and put in the old one's place atomically. It knows nothing of ids or of host
/// addresses: both are found by going through the list.
/// </summary>
/// <remarks>
/// A slot that loses its place is hidden by its own mark, since that library hides nothing: so a delete clones the list
/// once, as there. A move also clones it once, where that library removes and inserts.
/// </remarks>
public sealed class CopiedListStore : SlotStore
{
    // Written by the writer, read anywhere with Volatile.Read.
    CopiedListSet _active = CopiedListSet.Empty;

    // The writer's:
    CopiedListSet? _staged;
    readonly List<MemorySlot> _marked = [];
    bool _markInvalid;

    /// <summary>The design, by its name on the command line.</summary>
    public static SlotStoreDesign Design { get; } = new("copied-list", static () => new CopiedListStore());

    /// <inheritdoc/>
    // Pairs with Publish: who sees the list sees all of it.
    public override SlotSet Active => Volatile.Read(ref _active);

    /// <inheritdoc/>
    public override bool RetiresSets => false;

    /// <inheritdoc/>
    public override void Stage(SlotStep step, Span<SlotChange> changes)
    {
        if (step == SlotStep.Apply)
        {
            _staged = _active.With(changes);
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
        // Pairs with Active. A reader in the gap before this store sees the whole old list.
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
