using System;
using KvmSharp.DirtyLog;

namespace KvmSharp.Slots;

/// <summary>
/// Where one address space keeps its slots. The rules of updates – checks, hiding, zapping, waiting, generations –
/// stand above the store, once for all designs; a store finds slots, and makes staged changes visible at once.
/// </summary>
/// <remarks>
/// Readers use <see cref="Active"/> from any thread. All other members belong to one writer at a time. The writer's
/// order for each step: <see cref="Stage"/>, <see cref="Publish"/>, then – where <see cref="RetiresSets"/> says so –
/// wait for the readers of the set that was active, then <see cref="Settle"/>.
/// </remarks>
public abstract class SlotStore
{
    /// <summary>The slots that readers see now. One acquire load.</summary>
    public abstract SlotSet Active { get; }

    /// <summary>
    /// Whether a set is edited again after another took its place. If so, readers look slots up only inside a read
    /// section, and the writer waits for them between <see cref="Publish"/> and <see cref="Settle"/>.
    /// </summary>
    public abstract bool RetiresSets { get; }

    /// <summary>Whether readers need a read section to look a slot up.</summary>
    public bool LookupsNeedSection => RetiresSets;

    /// <summary>
    /// User slots that the store can keep; their ids are below it. An id that is not is refused as one beyond KVM's own
    /// limit would be, before anything is changed.
    /// </summary>
    public virtual int UserSlots => SlotLimits.UserSlots;

    /// <summary>Makes a slot object fit for this store.</summary>
    /// <param name="definition">Checked fields.</param>
    /// <param name="dirtyBitmap">Where writes are recorded, or none.</param>
    public virtual MemorySlot CreateSlot(in SlotDefinition definition, DirtyBitmap? dirtyBitmap) =>
        new(definition, dirtyBitmap);

    /// <summary>Prepares one step out of readers' sight.</summary>
    /// <param name="step">What is to become visible.</param>
    /// <param name="changes">
    /// The update's changes, at least one; their result has been checked for overlap. <see cref="SlotStep.Hide"/> and
    /// <see cref="SlotStep.Restore"/> concern only those that remove memory.
    /// </param>
    public abstract void Stage(SlotStep step, Span<SlotChange> changes);

    /// <summary>Makes what is staged visible to readers, all at once, by one release store.</summary>
    public abstract void Publish();

    /// <summary>Brings what the store keeps out of readers' sight level with what they see.</summary>
    public abstract void Settle(SlotStep step, Span<SlotChange> changes);

    /// <summary>The slots as they are now, in a set that later updates leave alone and that needs no read section.</summary>
    public abstract SlotSet Snapshot();

    /// <summary>Checks the store's invariants.</summary>
    /// <exception cref="InvalidOperationException">One does not hold; the message says which.</exception>
    public abstract void CheckInvariants();
}
