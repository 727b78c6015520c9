using System;
using System.Collections.Generic;
using System.Threading;

namespace KvmSharp.Slots;

/// <summary>
/// A store whose sets never change once published: an update makes the next set out of sight, and one store puts it in the
/// place of the one that readers see. The garbage collector is the grace period: nobody waits for readers merely to look.
/// </summary>
/// <remarks>
/// A slot that loses its place is hidden by its own mark rather than by publishing a copy: whoever holds the slot, from
/// whichever set, sees at once that it is going, and a slot once removed stays marked. So hiding makes no set.
/// </remarks>
public abstract class ImmutableSetStore : SlotStore
{
    // Written by the writer, read anywhere with Volatile.Read.
    SlotSet _active;

    // The writer's:
    SlotSet? _staged;
    readonly List<MemorySlot> _marked = [];
    bool _markInvalid;

    /// <summary>Makes a store.</summary>
    /// <param name="empty">A set without slots.</param>
    protected ImmutableSetStore(SlotSet empty) => _active = empty;

    /// <inheritdoc/>
    // Pairs with Publish: who sees the set sees all of it.
    public sealed override SlotSet Active => Volatile.Read(ref _active);

    /// <inheritdoc/>
    public sealed override bool RetiresSets => false;

    /// <inheritdoc/>
    public sealed override void Stage(SlotStep step, Span<SlotChange> changes)
    {
        if (step == SlotStep.Apply)
        {
            _staged = Next(_active, changes);
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

    /// <summary>Makes the set that an update results in. It has not been seen by any reader.</summary>
    /// <param name="active">The set before; it stays as it is.</param>
    /// <param name="changes">The changes, at least one; their result has been checked for overlap.</param>
    protected abstract SlotSet Next(SlotSet active, ReadOnlySpan<SlotChange> changes);

    /// <inheritdoc/>
    public sealed override void Publish()
    {
        foreach (MemorySlot slot in _marked)
            slot.SetInvalid(_markInvalid);
        _marked.Clear();
        if (_staged is null)
            return;
        // Pairs with Active. A reader in the gap before this store sees the whole old set.
        Volatile.Write(ref _active, _staged);
        _staged = null;
    }

    /// <inheritdoc/>
    public sealed override void Settle(SlotStep step, Span<SlotChange> changes)
    {
    }

    /// <inheritdoc/>
    /// <remarks>Constant time: what readers see is such a set.</remarks>
    public sealed override SlotSet Snapshot() => _active;
}
