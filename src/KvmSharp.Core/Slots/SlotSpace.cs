using System.Threading;

namespace KvmSharp.Slots;

/// <summary>One address space: its store, its generation and its free ids.</summary>
sealed class SlotSpace
{
    readonly int _step;

    // Written by the slots' one writer, read anywhere with Volatile.Read. A reader reads it before the active set: what
    // it then finds is at least as new as the stamp, so a cache under a stamp that is still current is current too.
    ulong _generation;

    internal SlotSpace(AddressSpaceId id, int spaces, SlotStoreDesign design)
    {
        Id = id;
        _step = spaces;
        _generation = id.Value;
        Store = design.Create();
        Ids = new SlotIdPool(Store.UserSlots);
    }

    internal AddressSpaceId Id { get; }

    internal SlotStore Store { get; }

    /// <summary>Ids in use and free; the writer's.</summary>
    internal SlotIdPool Ids { get; }

    internal SlotGeneration Generation => new(Volatile.Read(ref _generation));

    /// <summary>Stamps the space as changing and publishes what is staged.</summary>
    internal void BeginPublication()
    {
        // The stamp before the set: what a reader caches from here on never looks current.
        Volatile.Write(ref _generation, _generation | SlotGeneration.UpdateInProgress);
        Store.Publish();
    }

    /// <summary>Gives the published set its own stamp, once its predecessor's readers need no longer be reckoned with.</summary>
    internal void EndPublication() =>
        Volatile.Write(ref _generation, (_generation & ~SlotGeneration.UpdateInProgress) + (ulong)_step);
}
