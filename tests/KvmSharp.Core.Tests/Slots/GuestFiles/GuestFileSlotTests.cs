using System;
using KvmSharp.Checkpoints;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Tests.Machines;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Slots.GuestFiles;

/// <summary>Slots with pages of a file behind them, besides what every backend does with them.</summary>
public sealed class GuestFileSlotTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * PG);

    public void Dispose() => _memory.Dispose();

    [Theory, EveryStore]
    public void A_refusal_names_the_check(Store store)
    {
        using VirtualMachine vm = Create(store);
        using VirtualMachine other = Create(store);
        using GuestMemoryFile file = vm.CreateGuestMemory(16 * PG);
        using GuestMemoryFile foreign = other.CreateGuestMemory(16 * PG);
        GuestMemoryFile closed = vm.CreateGuestMemory(16 * PG);
        closed.Dispose();
        Assert.True(Set(vm, 1, 0x100, 4, file.At(0)).Succeeded);

        Assert.Equal(SlotCheck.GuestFileOffset, Set(vm, 2, 0x100, 4, file.At(512)).Check);
        Assert.Equal(SlotCheck.GuestFileOffset, Set(vm, 2, 0x200, 4, file.At(ulong.MaxValue - PG + 1)).Check);
        Assert.Equal(SlotCheck.NoOverlap, Set(vm, 2, 0x103, 4, closed.At(0)).Check);
        Assert.Equal(SlotCheck.GuestFileOpen, Set(vm, 2, 0x200, 4, closed.At(0)).Check);
        Assert.Equal(SlotCheck.GuestFileIsMachines, Set(vm, 2, 0x200, 4, foreign.At(0)).Check);
        Assert.Equal(SlotCheck.GuestFileCovers, Set(vm, 2, 0x200, 4, file.At(13 * PG)).Check);
        Assert.Equal(SlotCheck.GuestFilePagesFree, Set(vm, 2, 0x200, 4, file.At(3 * PG)).Check);
        Assert.Equal(SlotCheck.GuestMemfdUnchanged, Set(vm, 1, 0x100, 4, file.At(0)).Check);
        Assert.Equal(SlotCheck.GuestFileOpen, vm.Slots.TrySet(Region(2, 4, 0x20_0000, PG, _memory.Start.Value)).Check);
        Assert.Equal(KvmErrno.EBADF, Set(vm, 2, 0x200, 4, closed.At(0)).Errno);
        Assert.Equal(file.At(0), vm.Slots.GuestMemoryOf(new SlotId(1)));
        Assert.Null(vm.Slots.GuestMemoryOf(new SlotId(2)));
    }

    [Theory, EveryStore]
    public void A_slot_that_is_refused_in_the_end_gives_its_pages_back(Store store)
    {
        using var vm = new VirtualMachine(new VirtualMachineOptions { SlotStore = store.Design(), GuestAddressBits = 32 });
        using GuestMemoryFile file = vm.CreateGuestMemory(16 * PG);

        Assert.Equal(SlotCheck.WithinMaxGfn, Set(vm, 1, 1 << 20, 4, file.At(0)).Check);

        Assert.Null(vm.Slots.GuestMemoryOf(new SlotId(1)));
        Assert.True(Set(vm, 1, 0x100, 4, file.At(0)).Succeeded);
    }

    [Theory, EveryStore]
    public void In_a_transaction_what_goes_makes_room_for_what_comes(Store store)
    {
        using VirtualMachine vm = Create(store);
        using GuestMemoryFile file = vm.CreateGuestMemory(16 * PG);
        vm.Slots.Set(Bound(1, 0x100, 8, file.At(0)));

        vm.Slots.BeginTransaction().Set(Bound(2, 0x200, 16, file.At(0))).Delete(new SlotId(1)).Apply();

        Assert.Equal(file.At(0), vm.Slots.GuestMemoryOf(new SlotId(2)));
        Assert.Null(vm.Slots.GuestMemoryOf(new SlotId(1)));
        Assert.Equal(1, file.Bindings.Count);
    }

    [Theory, EveryStore]
    public void A_refused_transaction_leaves_all_pages_as_they_were(Store store)
    {
        using VirtualMachine vm = Create(store);
        using GuestMemoryFile file = vm.CreateGuestMemory(16 * PG);
        vm.Slots.Set(Bound(1, 0x100, 8, file.At(0)));

        // The first two could be; the last takes a page that the second has.
        SlotRefusal refusal = vm.Slots.BeginTransaction()
            .Delete(new SlotId(1))
            .Set(Bound(2, 0x200, 8, file.At(4 * PG)))
            .Set(Bound(3, 0x300, 4, file.At(8 * PG)))
            .TryApply();

        Assert.Equal(SlotCheck.GuestFilePagesFree, refusal.Check);
        Assert.Equal(file.At(0), vm.Slots.GuestMemoryOf(new SlotId(1)));
        Assert.Null(vm.Slots.GuestMemoryOf(new SlotId(2)));
        Assert.Equal(SlotCheck.GuestFilePagesFree, Set(vm, 2, 0x200, 8, file.At(4 * PG)).Check);
        Assert.True(Set(vm, 2, 0x200, 8, file.At(8 * PG)).Succeeded);
        vm.Slots.CheckInvariants();
    }

    [Theory, EveryStore]
    public void Such_a_slot_is_left_out_where_all_are_logged_and_cannot_be_gone_back_to(Store store)
    {
        using VirtualMachine vm = Create(store);
        using GuestMemoryFile file = vm.CreateGuestMemory(16 * PG);
        vm.Put(0, 0x10, _memory, pages: 4);
        vm.Slots.Set(Bound(1, 0x100, 8, file.At(0)));

        Assert.Equal(1, vm.DirtyTracking.SetLogging(true));
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => RestorePoint.Take(vm)).Errno);
    }

    [Fact]
    public void A_file_is_made_as_KVM_makes_it()
    {
        var vm = new VirtualMachine();

        Assert.Equal(KvmErrno.EINVAL, Refusal(0));
        Assert.Equal(KvmErrno.EINVAL, Refusal(100));
        Assert.Equal(KvmErrno.EINVAL, Refusal(1UL << 63));
        Assert.Equal(KvmErrno.EINVAL, Refusal(PG, (GuestMemoryFlags)4));
        using (GuestMemoryFile greatest = vm.CreateGuestMemory((1UL << 63) - PG))
            Assert.Equal((1UL << 63) - PG, greatest.Size);
        vm.Dispose();
        Assert.Equal(KvmErrno.EIO, Refusal(PG));

        KvmErrno Refusal(ulong size, GuestMemoryFlags flags = 0) =>
            Assert.Throws<KvmException>(() => vm.CreateGuestMemory(size, flags)).Errno;
    }

    // Bindings stand beside the slots, so a slot is as large as it was.
    [Fact]
    public void A_machine_without_such_slots_keeps_nothing_for_them()
    {
        using var vm = new VirtualMachine();
        vm.Put(0, 0x10, _memory, pages: 4);
        vm.Slots.Delete(new SlotId(0));

        Assert.False(vm.Slots.HasBindings);
    }

    SlotRefusal Set(VirtualMachine vm, int id, ulong gfn, ulong pages, GuestMemoryPlace place) =>
        vm.Slots.TrySet(Bound(id, gfn, pages, place));

    MemoryRegion Bound(int id, ulong gfn, ulong pages, GuestMemoryPlace place) =>
        Region((uint)id, 0, gfn * PG, pages * PG, _memory.Start.Value) with { GuestMemory = place };
}
