using System;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>What a real <c>/dev/kvm</c> did with a dirty ring of 256 entries, and what happens at its edges.</summary>
public sealed class DirtyRingVectorTests : IDisposable
{
    readonly AnonymousMemory _h = AnonymousMemory.Create(16 * MB);

    public void Dispose() => _h.Dispose();

    static int Reset(VirtualMachine vm)
    {
        Assert.Equal(None, vm.DirtyTracking.TryResetRings(out int count));
        return count;
    }

    VirtualMachine CreateWithRing(Store store, ulong pages = 1000)
    {
        VirtualMachine vm = Create(store);
        Assert.Equal(None, vm.DirtyTracking.TryEnableRings(4096));
        vm.Put(1, 256, _h, pages: pages, flags: SlotFlags.LogDirty);
        return vm;
    }

    // Writes one byte for each page, upwards, with an exit after each: until the ring sends the guest out, or for as
    // many exits as asked.
    static (bool RingFull, int Exits) Run(Vcpu vcpu, ref ulong page, int exits = int.MaxValue)
    {
        int done = 0;
        while (done < exits)
        {
            if (!vcpu.TryEnterGuest())
            {
                Assert.True(vcpu.TakeRequest(VcpuRequest.DirtyRingSoftFull));
                return (true, done);
            }
            vcpu.Memory.Write(At(256 + page), (byte)1);
            page++;
            vcpu.ExitGuest();
            done++;
        }
        return (false, done);
    }

    [Theory, EveryStore]
    public void Sizes_are_checked_in_KVMs_order(Store store)
    {
        using VirtualMachine vm = Create(store);

        Assert.Equal(EINVAL, vm.DirtyTracking.TryResetRings(out _));
        Assert.Equal(EINVAL, vm.DirtyTracking.TryEnableRings(0));
        Assert.Equal(EINVAL, vm.DirtyTracking.TryEnableRings(5000));
        Assert.Equal(EINVAL, vm.DirtyTracking.TryEnableRings(2048));
        Assert.Equal(E2BIG, vm.DirtyTracking.TryEnableRings(2 * MB));
        Assert.Equal(None, vm.DirtyTracking.TryEnableRings(4096));
        Assert.Equal(EINVAL, vm.DirtyTracking.TryEnableRings(8192));
        Assert.Equal(E2BIG, vm.DirtyTracking.TryEnableRings(2 * MB));
    }

    [Theory, EveryStore]
    public void Rings_come_before_the_first_vcpu(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.AddVcpu();
        using VirtualMachine large = Create(store);

        Assert.Equal(EINVAL, vm.DirtyTracking.TryEnableRings(4096));
        Assert.False(vm.DirtyTracking.UsesRings);
        Assert.Equal(None, large.DirtyTracking.TryEnableRings(MB));
        Assert.Equal(65536, large.AddVcpu().DirtyRing!.Capacity);
    }

    [Theory, EveryStore]
    public void A_ring_fills_is_harvested_and_reset(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();
        DirtyRing ring = vcpu.DirtyRing!;
        ulong page = 0;

        Assert.Equal(ENXIO, vm.DirtyTracking.TryGetLog(new SlotId(1), new ulong[16]));
        Assert.Equal(ENXIO, vm.DirtyTracking.TryClearLog(new SlotId(1), 1, 64, []));
        Assert.Equal(0, Reset(vm));

        Assert.Equal((true, 192), Run(vcpu, ref page));
        Assert.Equal(new DirtyRingEntry(DirtyRingFlags.Dirty, 1, 0), ring[0]);
        Assert.Equal(new DirtyRingEntry(DirtyRingFlags.Dirty, 1, 5), ring[5]);
        for (int index = 0; index < 192; index++)
        {
            Assert.True(ring.TryHarvest(out DirtyRingEntry entry));
            Assert.Equal((1U, (ulong)index), (entry.Slot, entry.Offset));
        }
        Assert.False(ring.TryHarvest(out _));
        Assert.Equal((true, 0), Run(vcpu, ref page));
        Assert.Equal(192, Reset(vm));
        Assert.Equal(DirtyRingFlags.None, ring[0].Flags);

        Assert.Equal((true, 192), Run(vcpu, ref page));
        Assert.Equal(192UL, ring[192].Offset);
        Assert.Equal(383UL, ring[127].Offset);
        Assert.Equal(DirtyRingFlags.None, ring[128].Flags);
        ring.SetHarvested(192);
        ring.SetHarvested(194);
        Assert.Equal(1, Reset(vm));
        Assert.Equal((false, 1), Run(vcpu, ref page, exits: 1));
        Assert.Equal((true, 0), Run(vcpu, ref page));
        ring.SetHarvested(193);
        Assert.Equal(2, Reset(vm));
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_page_goes_into_the_ring_once_until_it_is_reset(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();
        Vcpu other = vm.AddVcpu(1);

        for (int times = 0; times < 3; times++)
        {
            vcpu.Memory.Write(At(256 + 7), 1UL);
            other.Memory.Write(At(256 + 7), 1UL);
        }
        Assert.Equal((1, 0), (vcpu.DirtyRing!.Used, other.DirtyRing!.Used));
        Assert.True(vcpu.DirtyRing.TryHarvest(out _));
        other.Memory.Write(At(256 + 7), 1UL);
        Assert.Equal(0, other.DirtyRing.Used);

        Assert.Equal(1, Reset(vm));
        other.Memory.Write(At(256 + 7), 1UL);
        vcpu.Memory.Write(At(256 + 7), 1UL);
        Assert.Equal((0, 1), (vcpu.DirtyRing.Used, other.DirtyRing.Used));
    }

    [Theory, EveryStore]
    public void An_emulated_write_goes_into_the_ring_each_time(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();

        for (int times = 0; times < 3; times++)
            Assert.True(vm.Memory.TryWrite(vcpu, At(256), [1, 2, 3], out _));
        vm.Memory.RecordsWrites = true;
        vm.Memory.Write(At(256), 1UL);

        Assert.Equal(3, vcpu.DirtyRing!.Used);
    }

    [Theory, EveryStore]
    public void A_guest_that_does_not_look_is_stopped_before_an_entry_is_lost(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();
        DirtyRing ring = vcpu.DirtyRing!;
        Assert.True(vcpu.TryEnterGuest());
        for (ulong page = 0; page < 256; page++)
            Assert.True(vcpu.Memory.TryWrite(At(256 + page), page + 1));
        Assert.True(vcpu.NeedsExit);

        Assert.False(vcpu.Memory.TryWrite(At(256 + 256), 257UL));
        Assert.Equal(GuestAccessKind.DirtyRingFull, vcpu.Memory.Fault.Kind);
        Assert.Equal(0UL, vm.Memory.Read<ulong>(At(256 + 256)));
        Assert.False(vm.Memory.TryWrite(vcpu, At(256 + 256), [1], out int done));
        Assert.Equal(0, done);
        vcpu.ExitGuest();

        for (ulong page = 0; page < 256; page++)
        {
            Assert.True(ring.TryHarvest(out DirtyRingEntry entry));
            Assert.Equal(page, entry.Offset);
        }
        Assert.Equal(256, Reset(vm));
        Assert.True(vcpu.Memory.TryWrite(At(256 + 256), 257UL));
        Assert.Equal(1, ring.Used);
    }

    [Theory, EveryStore]
    public void A_reset_makes_every_page_fault_again_in_whichever_order_it_was_written(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();
        DirtyRing ring = vcpu.DirtyRing!;
        // Up, down by little and by much, within a mask's reach and beyond.
        ulong[] pages = [100, 101, 163, 164, 160, 97, 96, 33, 999, 0, 64, 63, 500, 436];
        for (int round = 0; round < 3; round++)
        {
            foreach (ulong page in pages)
                vcpu.Memory.Write(At(256 + page), 1UL);
            foreach (ulong page in pages)
            {
                Assert.True(ring.TryHarvest(out DirtyRingEntry entry));
                Assert.Equal(page, entry.Offset);
            }
            Assert.Equal(pages.Length, Reset(vm));
        }
    }

    [Theory, EveryStore]
    public void Entries_of_a_slot_that_is_gone_are_reset_all_the_same(Store store)
    {
        using VirtualMachine vm = CreateWithRing(store);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Memory.Write(At(256), 1UL);
        vcpu.Memory.Write(At(256 + 900), 1UL);
        vm.Slots.Delete(new SlotId(1));
        vm.Put(1, 256, _h, pages: 10, flags: SlotFlags.LogDirty);

        while (vcpu.DirtyRing!.TryHarvest(out _))
        {
        }

        Assert.Equal(2, Reset(vm));
        vcpu.Memory.Write(At(256), 1UL);
        Assert.Equal(1, vcpu.DirtyRing.Used);
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_slot_logged_later_and_one_no_longer_logged(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(None, vm.DirtyTracking.TrySetModes(DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet));
        Assert.Equal(None, vm.DirtyTracking.TryEnableRings(4096));
        vm.Put(1, 256, _h, pages: 10);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Memory.Write(At(256), 1UL);
        Assert.Equal(0, vcpu.DirtyRing!.Used);

        vm.Slots.SetFlags(new SlotId(1), SlotFlags.LogDirty);
        vcpu.Memory.Write(At(256), 1UL);
        Assert.Equal(1, vcpu.DirtyRing.Used);
        vm.Slots.SetFlags(new SlotId(1), SlotFlags.None);
        vcpu.Memory.Write(At(256 + 1), 1UL);
        Assert.Equal(1, vcpu.DirtyRing.Used);
    }

    [Fact]
    public void A_vcpu_leaves_only_with_an_empty_ring()
    {
        using var vm = new VirtualMachine(new VirtualMachineOptions { AllowVcpuRemoval = true });
        Assert.Equal(None, vm.DirtyTracking.TryEnableRings(4096));
        vm.Put(1, 256, _h, pages: 10, flags: SlotFlags.LogDirty);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Memory.Write(At(256), 1UL);

        Assert.Equal(EBUSY, vm.Vcpus.TryRemove(vcpu));
        Assert.True(vcpu.DirtyRing!.TryHarvest(out _));
        Assert.Equal(EBUSY, vm.Vcpus.TryRemove(vcpu));
        Assert.Equal(1, Reset(vm));
        Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
        Assert.Equal(1, vm.DirtyTracking.Stalls.WriteFaults.Count);
    }
}
