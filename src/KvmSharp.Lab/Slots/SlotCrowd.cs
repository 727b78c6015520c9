using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Lab.Slots;

/// <summary>A machine with many slots of one page each, every other frame of the guest's left free.</summary>
sealed class SlotCrowd : IDisposable
{
    const int FramesPerSlot = 2;

    readonly AnonymousMemory _memory;

    /// <exception cref="HostMemoryException">There is not enough memory to reserve.</exception>
    internal SlotCrowd(SlotStoreDesign store, int count)
    {
        Count = count;
        _memory = AnonymousMemory.Create((ulong)count * Page.Size);
        Machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = store });
        for (int slot = 0; slot < count; slot++)
        {
            Gpa gpa = FrameOf(slot).Base;
            Machine.Slots.Set(new MemoryRegion(
                new SlotId((ushort)slot), SlotFlags.None, gpa, Page.Size, _memory.Range.Start + ((ulong)slot * Page.Size))
            {
                Backing = _memory,
            });
        }
    }

    internal int Count { get; }

    internal VirtualMachine Machine { get; }

    internal static Gfn FrameOf(int slot) => new((ulong)slot * FramesPerSlot);

    public void Dispose()
    {
        Machine.Dispose();
        _memory.Dispose();
    }
}
