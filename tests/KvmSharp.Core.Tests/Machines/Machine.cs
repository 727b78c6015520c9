using System.Collections.Generic;
using System.Globalization;
using System.Text;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

namespace KvmSharp.Tests.Machines;

/// <summary>Short forms for tests that speak in KVM's plain numbers.</summary>
static class Machine
{
    public const ulong PG = Page.Size;
    public const ulong MB = 1UL << 20;
    public const ulong GB = 1UL << 30;

    public static VirtualMachine Create(Store store, int spaces = SlotLimits.AddressSpaces) =>
        new(new VirtualMachineOptions { SlotStore = store.Design(), AddressSpaces = spaces });

    /// <summary>The argument of the ioctl; the upper half of the slot word is the address space.</summary>
    public static MemoryRegion Region(
        uint slot, uint flags, ulong gpa, ulong size, ulong hva, HostMapping? backing = null) =>
        new(new SlotId((ushort)slot), (SlotFlags)flags, new Gpa(gpa), size, new Hva(hva))
        {
            Space = new AddressSpaceId((byte)(slot >> 16)),
            Backing = backing,
        };

    public static KvmErrno Set(this VirtualMachine vm, uint slot, uint flags, ulong gpa, ulong size, ulong hva) =>
        vm.Slots.TrySet(Region(slot, flags, gpa, size, hva)).Errno;

    /// <summary>Puts pages of a mapping in place; the test is wrong if that is refused.</summary>
    public static void Put(
        this VirtualMachine vm, int id, ulong gfn, HostMapping memory, ulong page = 0, ulong pages = 1,
        SlotFlags flags = SlotFlags.None, int space = 0) => vm.Slots.Set(
            Region((uint)((space << 16) | id), (uint)flags, gfn * PG, pages * PG, memory.Start.Value + page * PG, memory));

    public static Gpa At(ulong gfn, ulong offset = 0) => new(gfn * PG + offset);

    public static Vcpu AddVcpu(this VirtualMachine vm, uint id = 0) => vm.Vcpus.Create(new VcpuId(id));

    public static ulong Generation(this VirtualMachine vm, int space) =>
        vm.Slots.Generation(new AddressSpaceId((byte)space)).Value;

    /// <summary>Everything a refused call leaves alone, but for the generations.</summary>
    public static string Describe(this VirtualMachine vm)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{vm.Slots.TotalPages:x} pages\n");
        for (byte number = 0; number < vm.Slots.SpaceCount; number++)
        {
            var space = new AddressSpaceId(number);
            text.Append(CultureInfo.InvariantCulture, $"{space} {vm.Slots.Count(space)} {vm.Slots.FreeIdCount(space)}\n");
            foreach (MemorySlot slot in vm.Slots.Snapshot(space).All)
                text.Append(CultureInfo.InvariantCulture, $"{slot} {slot.DirtyBitmap?.MarkedCount}\n");
        }
        return text.ToString();
    }

    public static void CheckInvariants(this VirtualMachine vm)
    {
        vm.Slots.CheckInvariants();
        for (byte space = 0; space < vm.Slots.SpaceCount; space++)
            Table(vm, space).CheckInvariants();
    }

    public static SecondStageTable Table(this VirtualMachine vm, byte space = 0) => vm.Mmu.Table(new AddressSpaceId(space));

    public static List<MemorySlot> ToList(GfnWalk walk)
    {
        var slots = new List<MemorySlot>();
        foreach (MemorySlot slot in walk)
            slots.Add(slot);
        return slots;
    }

    public static List<MemorySlot> ToList(HvaWalk walk)
    {
        var slots = new List<MemorySlot>();
        foreach (MemorySlot slot in walk)
            slots.Add(slot);
        return slots;
    }
}
