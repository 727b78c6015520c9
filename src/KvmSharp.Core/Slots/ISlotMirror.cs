namespace KvmSharp.Slots;

/// <summary>
/// A hypervisor that keeps a machine's slots too, because it runs the guest: each change is made there first, and only if
/// it agrees here.
/// </summary>
/// <remarks>
/// Called by one thread at a time, under the slots' lock, after all checks. The host memory of both slots is mapped until
/// after the call. Readers here find the new slot, and stop finding the old one, after it: nothing can be found that the
/// hypervisor does not have or is not just letting go of. It must not change slots itself.
/// </remarks>
public interface ISlotMirror
{
    /// <summary>
    /// Flags that it takes besides those that every machine has: <see cref="SlotFlags.GuestMemfd"/> or none. Where a new
    /// slot's pages lie is to be asked for (<see cref="MemorySlots.GuestMemoryOf"/>).
    /// </summary>
    SlotFlags ExtraFlags => SlotFlags.None;

    /// <summary>Makes a change; when it returns, the guest reaches no memory that the change took away.</summary>
    /// <param name="old">The slot that is there; none for a create.</param>
    /// <param name="new">The slot that is to be there: elsewhere, or with other flags; none for a delete.</param>
    /// <returns><see cref="KvmErrno.None"/>; anything else refuses the change, and nothing has changed there.</returns>
    /// <remarks>
    /// A change of a transaction that moves slots comes as deletes followed by creates, so that slots can take each other's
    /// places; the guest may meet any state in between. What was made of a transaction before a refusal is undone by
    /// changes the other way.
    /// </remarks>
    KvmErrno TryChange(MemorySlot? old, MemorySlot? @new);
}
