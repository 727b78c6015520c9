using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>Slots with pages of a file behind them: what the kernel does beside what every backend does.</summary>
public sealed class GuestMemoryTests : IDisposable
{
    const ulong PageSize = 0x1000;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * PageSize);

    public void Dispose() => _memory.Dispose();

    [GuestMemoryFact]
    public void The_kernel_knows_of_pages_that_the_core_does_not()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        var behind = new Hardware.Abi.kvm_userspace_memory_region2
        {
            slot = 9,
            flags = (uint)SlotFlags.GuestMemfd,
            guest_phys_addr = 0x40_0000,
            memory_size = PageSize,
            userspace_addr = _memory.Range.Start.Value,
            guest_memfd = (uint)((GuestMemfdFile)file).Descriptor.Number,
        };
        Assert.Equal(KvmErrno.None, machine.Vm.TrySetMemoryRegion2(ref behind));

        SlotRefusal refusal = machine.Slots.TrySet(Region(1, 0x10_0000, 8, file.At(0)));

        Assert.Equal((SlotCheck.MirrorAccepts, KvmErrno.EINVAL), (refusal.Check, refusal.Errno));
        Assert.Null(machine.Slots.GuestMemoryOf(new SlotId(1)));
        Assert.True(machine.Slots.TrySet(Region(1, 0x10_0000, 8, file.At(PageSize))).Succeeded);
    }

    // The delete comes first in the kernel; when the rest is refused, the slot is there again as it was.
    [GuestMemoryFact]
    public void A_deletion_that_is_undone_binds_the_slot_again()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.True(machine.Slots.TrySet(Region(1, 0x10_0000, 8, file.At(0))).Succeeded);
        var behind = new Hardware.Abi.kvm_userspace_memory_region
        {
            slot = 9,
            guest_phys_addr = 0x40_0000,
            memory_size = PageSize,
            userspace_addr = _memory.Range.Start.Value,
        };
        Assert.Equal(KvmErrno.None, machine.Vm.TrySetMemoryRegion(ref behind));

        SlotRefusal refusal = machine.Slots.BeginTransaction()
            .Delete(new SlotId(1))
            .Create(new SlotId(3), new Gpa(0x40_0000), _memory)
            .TryApply();

        Assert.Equal(SlotCheck.MirrorAccepts, refusal.Check);
        Assert.Equal(file.At(0), machine.Slots.GuestMemoryOf(new SlotId(1)));
        behind = new Hardware.Abi.kvm_userspace_memory_region { slot = 1, userspace_addr = _memory.Range.Start.Value };
        Assert.Equal(KvmErrno.None, machine.Vm.TrySetMemoryRegion(ref behind));
    }

    MemoryRegion Region(ushort id, ulong gpa, ulong pages, GuestMemoryPlace place) =>
        new(new SlotId(id), SlotFlags.None, new Gpa(gpa), pages * PageSize, _memory.Range.Start) { GuestMemory = place };

    sealed class GuestMemoryFactAttribute : FactAttribute
    {
        public GuestMemoryFactAttribute() => Skip = new KvmFactAttribute().Skip ?? WhyNone();

        static string? WhyNone()
        {
            using HardwareMachine machine = new HardwareBackend().CreateMachine();
            return machine.HasGuestMemory ? null : "the kernel lacks KVM_CAP_GUEST_MEMFD";
        }
    }
}
