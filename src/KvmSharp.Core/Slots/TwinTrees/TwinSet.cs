using System;
using System.Collections.Generic;

namespace KvmSharp.Slots.TwinTrees;

/// <summary>One of a store's two sets.</summary>
abstract class TwinSet : SlotSet
{
    /// <summary>0 or 1.</summary>
    public abstract int Index { get; }

    /// <summary>The slot that the last lookup by frame found: a hint, checked before use.</summary>
    public abstract TwinSlot? LastUsed { get; }

    /// <summary>Puts a slot in place of another; with no old one adds it, with no new one removes the old.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another slot has the new one's base: a programming error, and the set is unusable afterwards.
    /// </exception>
    /// <remarks>Only while readers cannot see the set.</remarks>
    public abstract void Replace(TwinSlot? old, TwinSlot? replacement);

    /// <summary>Copies the slots out, in ascending order of base and of host address.</summary>
    public abstract SlotSnapshot Snapshot();

    /// <summary>Checks the set's own invariants.</summary>
    /// <returns>The slots in the set.</returns>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    public abstract Dictionary<SlotId, TwinSlot> CheckInvariants();
}
