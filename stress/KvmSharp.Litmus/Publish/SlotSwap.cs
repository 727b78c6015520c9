using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Slots;

namespace KvmSharp.Litmus.Publish;

/// <summary>The library: one transaction makes two slots take each other's place.</summary>
sealed class SlotSwap(SlotStoreDesign design) : SwapRace($"transaction, {design.Name}", isBroken: false)
{
    static readonly Gpa _low = new(0x10_0000);
    static readonly Gpa _high = new(0x40_0000);
    static readonly SlotId _one = new(1);
    static readonly SlotId _two = new(2);

    VirtualMachine? _machine;
    bool _swapped;

    internal override Observation Run(TimeSpan duration)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(2 * Page.Size);
        using var machine = new VirtualMachine(new VirtualMachineOptions { SlotStore = design });
        machine.Slots.Set(new MemoryRegion(_one, SlotFlags.None, _low, Page.Size, memory.Start));
        machine.Slots.Set(new MemoryRegion(_two, SlotFlags.None, _high, Page.Size, memory.Start + Page.Size));
        _machine = machine;
        _swapped = false;
        return base.Run(duration);
    }

    protected override void Swap()
    {
        _swapped = !_swapped;
        _machine!.Slots.BeginTransaction()
            .Move(_one, _swapped ? _high : _low)
            .Move(_two, _swapped ? _low : _high)
            .Apply();
    }

    protected override (int First, int Second) Look()
    {
        using ReadSection section = _machine!.EnterReadSection();
        SlotSet slots = _machine.Slots.Current(section);
        return (slots.Find(_low.Frame)?.Id.Value ?? 0, slots.Find(_high.Frame)?.Id.Value ?? 0);
    }
}
