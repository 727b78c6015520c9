using System;
using System.Threading;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>
/// The update that KVM had until 2021: the whole set is copied, the copy is edited out of sight and takes the place of the
/// set that readers see. A slot that loses its place is hidden by a copy of itself with the INVALID flag.
/// </summary>
/// <remarks>
/// One copy for each update: after a hiding has been published and its readers waited for, the set from before is free, and
/// differs from the one in sight only by what was hidden; the new slots go in there. KVM frees the set that is left over
/// and allocates the next; here it is kept, and the next copy overwrites it.
/// </remarks>
public abstract class CopyingStore : SlotStore
{
    // Written by the writer, read anywhere with Volatile.Read.
    CopiedSet _active;

    // The writer's:
    CopiedSet _spare;
    bool _isHiding;

    private protected CopyingStore(CopiedSet empty)
    {
        _active = empty;
        _spare = empty.NewSibling();
    }

    /// <summary>Bytes of slots and tables that all updates so far have copied.</summary>
    internal long CopiedBytes => _active.CopiedBytes + _spare.CopiedBytes;

    /// <inheritdoc/>
    // Pairs with Publish: who sees the set sees all that was done to it out of sight.
    public sealed override SlotSet Active => Volatile.Read(ref _active);

    /// <inheritdoc/>
    public sealed override bool RetiresSets => true;

    /// <inheritdoc/>
    public sealed override void Stage(SlotStep step, Span<SlotChange> changes)
    {
        // The spare set is the one from before the hiding: that is what Restore() wants, and what Apply() starts from.
        if (!_isHiding)
            _spare.CopyFrom(_active);
        _isHiding = step == SlotStep.Hide;
        if (step == SlotStep.Hide)
            Hide(changes);
        else if (step == SlotStep.Apply)
            Apply(changes);
        _spare.Complete();
    }

    /// <inheritdoc/>
    public sealed override void Publish()
    {
        CopiedSet retired = _active;
        // Pairs with Active. Without release order a reader might enter the set and miss what was copied just before.
        Volatile.Write(ref _active, _spare);
        _spare = retired;
    }

    /// <inheritdoc/>
    public sealed override void Settle(SlotStep step, Span<SlotChange> changes)
    {
    }

    /// <inheritdoc/>
    /// <remarks>Copies: time and memory grow with the number of slots.</remarks>
    public sealed override SlotSet Snapshot()
    {
        CopiedSet copy = _active.NewSibling();
        copy.CopyFrom(_active);
        return copy;
    }

    /// <inheritdoc/>
    public sealed override void CheckInvariants() => _active.CheckInvariants();

    void Hide(Span<SlotChange> changes)
    {
        foreach (ref SlotChange change in changes)
        {
            if (!change.RemovesMemory)
                continue;
            MemorySlot old = change.Old!;
            change.Hidden = CreateSlot(old.Definition with { Flags = old.Flags | SlotFlags.Invalid }, old.DirtyBitmap);
            _spare.Replace(old, change.Hidden);
        }
    }

    void Apply(ReadOnlySpan<SlotChange> changes)
    {
        // What leaves a place goes first, so that slots may take each other's.
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.RemovesMemory)
                _spare.Remove(change.Old!);
        }
        foreach (ref readonly SlotChange change in changes)
        {
            if (change.New is null)
                continue;
            if (change.Old is null || change.RemovesMemory)
                _spare.Insert(change.New);
            else
                _spare.Replace(change.Old, change.New);
        }
    }
}
