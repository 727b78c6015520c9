using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.Slots;

/// <summary>
/// Remembers the slot last found, for one reader of one address space: most lookups ask for the slot of the lookup
/// before. It is forgotten as soon as the slots' generation moves (KVM's per-vCPU last-used slot).
/// </summary>
/// <remarks>Not thread-safe; each vCPU and each device keeps its own. <c>default</c> remembers nothing.</remarks>
public struct LastUsedSlot
{
    // The stamp plus one, so that default matches no stamp.
    ulong _stamp;
    MemorySlot? _slot;

    /// <summary>Forgets the slot.</summary>
    public void Clear() => this = default;

    /// <summary>The slot that covers a frame if it is the one remembered, and the slots have not changed since.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly MemorySlot? Recall(SlotSpace space, Gfn gfn) =>
        space.Generation.Value + 1 == _stamp && _slot is { } last && last.Contains(gfn) ? last : null;

    /// <summary>The slot that covers a frame, from memory or from the set. A miss leaves what is remembered.</summary>
    internal MemorySlot? Find(SlotSpace space, Gfn gfn)
    {
        if (Recall(space, gfn) is { } recalled)
            return recalled;
        // The stamp before the set: see SlotSpace.
        ulong stamp = space.Generation.Value + 1;
        if (stamp != _stamp)
        {
            _slot = null;
            _stamp = stamp;
        }
        MemorySlot? found = space.Store.Active.FindWithoutCache(gfn);
        if (found is not null)
            _slot = found;
        return found;
    }
}
