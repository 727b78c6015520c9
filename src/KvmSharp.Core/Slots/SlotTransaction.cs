using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;

namespace KvmSharp.Slots;

/// <summary>
/// Several slot changes that become visible together, by one publication and with one wait: all of them, or none.
/// Overlap is judged on the result, so two slots can take each other's place. KVM has nothing like it.
/// </summary>
/// <remarks>
/// Not thread-safe; the machine's slots may change meanwhile, since what a change leaves open is taken from the slot when
/// the transaction is applied. Each id may be named once.
/// </remarks>
public sealed class SlotTransaction
{
    readonly MemorySlots _slots;
    readonly List<SlotEdit> _edits = [];

    internal SlotTransaction(MemorySlots slots, AddressSpaceId space)
    {
        _slots = slots;
        Space = space;
    }

    /// <summary>The address space that is changed.</summary>
    public AddressSpaceId Space { get; }

    /// <summary>Changes collected so far.</summary>
    public int Count => _edits.Count;

    /// <summary>Creates, deletes, moves or re-flags a slot, by the rules of <see cref="MemorySlots.TrySet"/>.</summary>
    public SlotTransaction Set(in MemoryRegion region)
    {
        _edits.Add(SlotEdit.Set(region with { Space = Space }));
        return this;
    }

    /// <summary>Creates a slot for all of <paramref name="memory"/>.</summary>
    public SlotTransaction Create(SlotId id, Gpa gpa, HostMapping memory, SlotFlags flags = SlotFlags.None)
    {
        System.ArgumentNullException.ThrowIfNull(memory);
        return Set(new MemoryRegion(id, flags, gpa, memory.Range.Length, memory.Range.Start) { Backing = memory });
    }

    /// <summary>Deletes a slot.</summary>
    public SlotTransaction Delete(SlotId id) => Add(SlotEdit.Delete(id));

    /// <summary>Moves a slot.</summary>
    public SlotTransaction Move(SlotId id, Gpa to) => Add(SlotEdit.Move(id, to));

    /// <summary>Sets a slot's flags.</summary>
    public SlotTransaction SetFlags(SlotId id, SlotFlags flags) => Add(SlotEdit.SetFlags(id, flags));

    /// <summary>Makes all changes, or none.</summary>
    /// <returns>Success, or the first check that failed.</returns>
    public SlotRefusal TryApply()
    {
        if (_edits.Count == 0)
            return default;
        // A copy: applying fills in what was left open, and the collection may be applied again.
        SlotEdit[] edits = [.. _edits];
        return _slots.Apply(Space, edits);
    }

    /// <summary>Makes all changes, or none.</summary>
    /// <exception cref="KvmException">A check failed.</exception>
    public void Apply() => TryApply().ThrowIfRefused();

    SlotTransaction Add(SlotEdit edit)
    {
        edit.Region = edit.Region with { Space = Space };
        _edits.Add(edit);
        return this;
    }
}
