using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>
/// A machine with many slots of one page each, every other frame of the guest's left free: slot <c>n</c> has the id
/// <c>n</c>, the frame <c>2n</c> and the page <c>n</c> of the host's memory.
/// </summary>
sealed class SlotCrowd : IDisposable
{
    const int FramesPerSlot = 2;

    readonly AnonymousMemory _memory;

    /// <param name="store">The store.</param>
    /// <param name="count">Slots to begin with. They come in one transaction, whatever it is that will be measured.</param>
    /// <param name="room">Slots that may come besides.</param>
    /// <exception cref="HostMemoryException">There is not enough memory to reserve.</exception>
    internal SlotCrowd(SlotStoreDesign store, int count, int room = 0)
    {
        Count = count;
        _memory = AnonymousMemory.Create((ulong)(count + room) * Page.Size);
        Machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = store });
        SlotTransaction transaction = Slots.BeginTransaction();
        for (int slot = 0; slot < count; slot++)
            transaction.Set(Region(slot, FrameOf(slot)));
        transaction.Apply();
    }

    /// <summary>Slots that it began with.</summary>
    internal int Count { get; }

    internal VirtualMachine Machine { get; }

    internal MemorySlots Slots => Machine.Slots;

    internal SlotStore Store => Machine.Slots.SpaceOf(default).Store;

    /// <summary>The frame of a slot. The one above is free.</summary>
    internal static Gfn FrameOf(int slot) => new((ulong)slot * FramesPerSlot);

    /// <summary>The host's page of a slot.</summary>
    internal HvaRange HostPageOf(int slot) => new(_memory.Range.Start + ((ulong)slot * Page.Size), Page.Size);

    /// <summary>A slot at a frame.</summary>
    internal MemoryRegion Region(int slot, Gfn frame) =>
        new(new SlotId((ushort)slot), SlotFlags.None, frame.Base, Page.Size, HostPageOf(slot).Start) { Backing = _memory };

    /// <summary>Lets the slots grow old, as those of a machine have that has run for a while.</summary>
    /// <remarks>Otherwise the first collections would move all of them on the time of what is measured.</remarks>
    internal SlotCrowd Aged()
    {
        GC.Collect();
        return this;
    }

    public void Dispose()
    {
        Machine.Dispose();
        _memory.Dispose();
    }
}
