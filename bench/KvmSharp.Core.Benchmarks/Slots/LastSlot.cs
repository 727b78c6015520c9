using KvmSharp.Addresses;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.Slots;

/// <summary>A last-used slot kept under its generation, in the way of a vCPU.</summary>
sealed class LastSlot(SlotSpace space)
{
    MemorySlot? _last;
    ulong _generation = ulong.MaxValue;

    internal MemorySlot? Find(Gfn gfn)
    {
        ulong generation = space.Generation.Value;
        if (generation == _generation && _last is { } last && last.Contains(gfn))
            return last;
        _generation = generation;
        _last = space.Store.Active.FindWithoutCache(gfn);
        return _last;
    }
}
