using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.DirtyLog;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>
/// Linux KVM's own design since 5.17: two sets that hold the same slots, one seen by readers, one free to be edited.
/// A slot is in a tree by guest frame, an interval tree by host address and a hash by id, twice over, each by a node
/// of its own.
/// </summary>
/// <remarks>
/// An update edits the set out of sight, makes it the active one, waits until the other has no reader left, and repeats
/// the edit there: O(log n) in time, and in memory no more than the slots that change.
/// <para>Invariants while no update runs:</para>
/// <list type="bullet">
/// <item>both sets hold exactly the same slot objects; only their last-used slots differ;</item>
/// <item>those of each set.</item>
/// </list>
/// </remarks>
public sealed class TwinTreeStore : SlotStore
{
    /// <summary>This design, for choosing it when a VM is created.</summary>
    public static readonly SlotStoreDesign Design = new("twin-trees", static () => new TwinTreeStore());

    readonly TwinSet[] _sets = [new TwinSet<TwinIndex0>(), new TwinSet<TwinIndex1>()];

    // Written by the one writer, read anywhere with Volatile.Read.
    TwinSet _active;

    /// <summary>An empty store.</summary>
    public TwinTreeStore() => _active = _sets[0];

    /// <inheritdoc/>
    // Pairs with Publish(): whoever sees a set sees all that was done to it out of sight.
    public override SlotSet Active => Volatile.Read(ref _active);

    /// <inheritdoc/>
    public override bool RetiresSets => true;

    /// <summary>The set out of readers' sight, once those who saw it before have left.</summary>
    internal TwinSet Inactive => _sets[_active.Index ^ 1];

    /// <inheritdoc/>
    public override MemorySlot CreateSlot(in SlotDefinition definition, DirtyBitmap? dirtyBitmap) =>
        new TwinSlot(definition, dirtyBitmap);

    /// <inheritdoc/>
    public override void Stage(SlotStep step, Span<SlotChange> changes)
    {
        switch (step)
        {
            case SlotStep.Hide:
                Hide(changes);
                break;
            case SlotStep.Restore:
                // The hidden slots were published by swapping sets: the set out of sight still holds the old ones.
                break;
            case SlotStep.Apply:
                // Also after a hiding, and for the same reason.
                Apply(changes, wasHidden: false);
                break;
        }
    }

    /// <inheritdoc/>
    // Pairs with Active. Without release order a reader might enter the set and miss nodes linked just before.
    public override void Publish() => Volatile.Write(ref _active, Inactive);

    /// <inheritdoc/>
    public override void Settle(SlotStep step, Span<SlotChange> changes)
    {
        switch (step)
        {
            case SlotStep.Hide:
                // The old slots stay in the set that has just gone out of sight, for Restore() and Apply() to find.
                break;
            case SlotStep.Restore:
                Restore(changes);
                break;
            case SlotStep.Apply:
                Apply(changes, wasHidden: true);
                break;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Copies: time and memory grow with the number of slots.</remarks>
    public override SlotSet Snapshot() => _active.Snapshot();

    /// <inheritdoc/>
    /// <remarks>Only while no update runs: between its steps the sets differ on purpose.</remarks>
    public override void CheckInvariants()
    {
        Dictionary<SlotId, TwinSlot> first = _sets[0].CheckInvariants(), second = _sets[1].CheckInvariants();
        if (first.Count != second.Count)
            throw new InvalidOperationException($"{first.Count} slots in set 0, {second.Count} in set 1");
        foreach ((SlotId id, TwinSlot slot) in first)
        {
            if (second.GetValueOrDefault(id) != slot)
                throw new InvalidOperationException($"{slot} is in set 0 and not in set 1");
        }
    }

    void Hide(Span<SlotChange> changes)
    {
        foreach (ref SlotChange change in changes)
        {
            if (!change.RemovesMemory)
                continue;
            MemorySlot old = change.Old!;
            SlotDefinition invalid = old.Definition with { Flags = old.Flags | SlotFlags.Invalid };
            change.Hidden = CreateSlot(invalid, old.DirtyBitmap);
            Inactive.Replace((TwinSlot)old, (TwinSlot)change.Hidden);
        }
    }

    void Restore(Span<SlotChange> changes)
    {
        foreach (ref SlotChange change in changes)
        {
            if (change.RemovesMemory)
                Inactive.Replace((TwinSlot?)change.Hidden, (TwinSlot?)change.Old);
        }
    }

    void Apply(Span<SlotChange> changes, bool wasHidden)
    {
        TwinSet set = Inactive;
        if (changes.Length == 1)
        {
            set.Replace(Present(changes[0], wasHidden), (TwinSlot?)changes[0].New);
            return;
        }
        // A slot may go where another change's slot was: all that leave go first.
        foreach (ref SlotChange change in changes)
        {
            if (change.RemovesMemory)
                set.Replace(Present(change, wasHidden), null);
        }
        foreach (ref SlotChange change in changes)
        {
            if (change.New is not null)
                set.Replace(change.RemovesMemory ? null : (TwinSlot?)change.Old, (TwinSlot)change.New);
        }
    }

    /// <summary>What stands in a set for the old slot: itself, or its copy in the set in which it was hidden.</summary>
    static TwinSlot? Present(in SlotChange change, bool wasHidden) =>
        (TwinSlot?)(wasHidden && change.Hidden is not null ? change.Hidden : change.Old);
}
