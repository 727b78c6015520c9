using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Hardware.Tests;

/// <summary>Slots with memory that only the guest maps, where the kernel has such memory.</summary>
public sealed class GuestMemoryTests : IDisposable
{
    const ulong PageSize = 0x1000;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * PageSize);

    public void Dispose() => _memory.Dispose();

    [GuestMemoryFact]
    public void A_slot_is_bound_and_its_file_may_be_closed()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.Equal(16 * PageSize, file.Size);

        Assert.True(machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Succeeded);
        Assert.True(machine.Slots.TryFind(new SlotId(1), out MemorySlot? slot));
        Assert.Equal(SlotFlags.GuestMemfd, slot.Flags);

        file.Dispose();
        machine.Slots.Delete(new SlotId(1));
        Assert.Equal(KvmErrno.EBADF, machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Errno);
    }

    [GuestMemoryFact]
    public void A_bound_slot_stays_as_it_was_made()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.True(machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Succeeded);

        Assert.Equal(SlotCheck.GuestMemfdUnchanged, machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Check);
        Assert.Equal(SlotCheck.GuestMemfdUnchanged, machine.Slots.TryMove(new SlotId(1), new Gpa(0x20_0000)).Check);
        Assert.Equal(SlotCheck.GuestMemfdUnchanged, machine.Slots.TrySetFlags(new SlotId(1), SlotFlags.LogDirty).Check);
        Assert.Equal(
            SlotCheck.GuestMemfdUnchanged,
            machine.Slots.BeginTransaction().Move(new SlotId(1), new Gpa(0x20_0000)).TryApply().Check);

        machine.Slots.Delete(new SlotId(1));
        Assert.True(machine.TryCreateSlot(Region(1, 0x20_0000, 8), file, 0).Succeeded);
    }

    [GuestMemoryFact]
    public void The_kernel_says_what_cannot_be_bound()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using HardwareMachine other = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        using GuestMemoryFile foreign = other.CreateGuestMemory(16 * PageSize);
        Assert.True(machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Succeeded);

        Assert.Equal(KvmErrno.EINVAL, Refusal(2, 0x20_0000, 2, file, 512));
        Assert.Equal(KvmErrno.EINVAL, Refusal(2, 0x20_0000, 2, file, 15 * PageSize));
        Assert.Equal(KvmErrno.EINVAL, Refusal(2, 0x20_0000, 2, file, ulong.MaxValue - PageSize + 1));
        Assert.Equal(KvmErrno.EINVAL, Refusal(2, 0x20_0000, 2, file, 7 * PageSize));
        Assert.Equal(KvmErrno.EINVAL, Refusal(2, 0x20_0000, 2, foreign, 0));
        Assert.Equal(KvmErrno.EEXIST, Refusal(2, 0x10_7000, 2, file, 8 * PageSize));
        Assert.Equal(KvmErrno.None, Refusal(2, 0x20_0000, 2, file, 8 * PageSize));

        KvmErrno Refusal(ushort id, ulong gpa, ulong pages, GuestMemoryFile wanted, ulong offset) =>
            machine.TryCreateSlot(Region(id, gpa, pages), wanted, offset).Errno;
    }

    [GuestMemoryFact]
    public void The_flag_needs_a_file_and_no_other_flag()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);

        SlotRefusal logged = machine.TryCreateSlot(Region(1, 0, 1) with { Flags = SlotFlags.LogDirty }, file, 0);
        SlotRefusal alone = machine.Slots.TrySet(Region(1, 0, 1) with { Flags = SlotFlags.GuestMemfd });

        Assert.Equal((SlotCheck.FlagsKnown, KvmErrno.EINVAL), (logged.Check, logged.Errno));
        Assert.Equal((SlotCheck.MirrorAccepts, KvmErrno.EINVAL), (alone.Check, alone.Errno));
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => machine.CreateGuestMemory(100)).Errno);
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => machine.CreateGuestMemory(0)).Errno);
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => machine.CreateGuestMemory(PageSize, 1UL << 63)).Errno);
    }

    // The delete comes first in the kernel; when the rest is refused, the slot is bound again as it was.
    [GuestMemoryFact]
    public void A_deletion_that_is_undone_binds_the_slot_again()
    {
        using HardwareMachine machine = new HardwareBackend().CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.True(machine.TryCreateSlot(Region(1, 0x10_0000, 8), file, 0).Succeeded);
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
        // Its pages of the file are taken, so it is bound.
        Assert.Equal(KvmErrno.EINVAL, machine.TryCreateSlot(Region(2, 0x20_0000, 2), file, 0).Errno);
    }

    MemoryRegion Region(ushort id, ulong gpa, ulong pages) =>
        new(new SlotId(id), SlotFlags.None, new Gpa(gpa), pages * PageSize, _memory.Range.Start);

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
