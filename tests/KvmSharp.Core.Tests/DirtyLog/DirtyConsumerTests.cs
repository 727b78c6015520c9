using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>Several readers of one log.</summary>
public sealed class DirtyConsumerTests : IDisposable
{
    static readonly SlotId _slot = new(1);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * MB);

    public void Dispose() => _memory.Dispose();

    VirtualMachine CreateLogged(Store store)
    {
        VirtualMachine vm = Create(store);
        vm.Put(1, 256, _memory, pages: 100, flags: SlotFlags.LogDirty);
        return vm;
    }

    static void Write(Vcpu vcpu, params ulong[] frames)
    {
        foreach (ulong frame in frames)
            vcpu.Memory.Write(At(frame), 1UL);
    }

    static ulong[] Frames(DirtyRanges ranges)
    {
        List<ulong> frames = [];
        foreach (DirtyRange range in ranges)
        {
            for (ulong page = 0; page < range.PageCount; page++)
                frames.Add((range.Frames.Start + page).Value);
        }
        frames.Sort();
        return [.. frames];
    }

    [Theory, EveryStore]
    public void Each_consumer_is_told_once_what_was_written_since_its_last_harvest(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        Vcpu vcpu = vm.AddVcpu();
        Write(vcpu, 256);
        using DirtyConsumer first = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 257, 258);
        using DirtyConsumer second = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 258, 300);

        Assert.Equal([257UL, 258, 300], Frames(first.Harvest()));
        Assert.Empty(Frames(first.Harvest()));
        Write(vcpu, 258, 259);
        Assert.Equal([258UL, 259], Frames(first.Harvest()));
        Assert.Equal([258UL, 259, 300], Frames(second.Harvest()));
        Assert.Empty(Frames(second.Harvest()));
        Assert.Equal(2, vm.DirtyTracking.ConsumerCount);
    }

    [Theory, EveryStore]
    public void Consumers_and_KVMs_calls_leave_each_other_alone(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();
        ulong[] bitmap = new ulong[2];

        Write(vcpu, 256, 256 + 70);
        Assert.Equal([256UL, 256 + 70], Frames(consumer.Harvest()));
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal([1UL, 64], bitmap);

        Write(vcpu, 256 + 3);
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal([8UL, 0], bitmap);
        Assert.Equal([256UL + 3], Frames(consumer.Harvest()));

        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TrySetModes(DirtyLogModes.ManualProtect));
        Write(vcpu, 256 + 1);
        Assert.Single(Frames(consumer.Harvest()));
        Write(vcpu, 256 + 2);
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal([6UL, 0], bitmap);
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryClearLog(_slot, 0, 64, [2]));
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal([4UL, 0], bitmap);
        Assert.Equal(KvmErrno.None, vm.DirtyTracking.TryClearLog(_slot, 0, 64, [4]));
        Assert.Equal([256UL + 2], Frames(consumer.Harvest()));
    }

    [Theory, EveryStore]
    public void A_slot_that_comes_later_is_new_from_end_to_end(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();

        vm.Put(2, 512, _memory, page: 512, pages: 70, flags: SlotFlags.LogDirty);
        vm.Put(3, 768, _memory, page: 768, pages: 70);
        Write(vcpu, 512, 768);

        Assert.Equal(Enumerable.Range(512, 70).Select(frame => (ulong)frame), Frames(consumer.Harvest()));
        Write(vcpu, 513);
        Assert.Equal([513UL], Frames(consumer.Harvest()));
        vm.Slots.SetFlags(_slot, SlotFlags.None);
        vm.Slots.SetFlags(_slot, SlotFlags.LogDirty);
        Assert.Equal(100, Frames(consumer.Harvest()).Length);
    }

    [Theory, EveryStore]
    public void A_slot_that_has_moved_is_reported_where_it_is_and_one_that_is_gone_is_not(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        vm.Put(2, 512, _memory, page: 512, pages: 70, flags: SlotFlags.LogDirty);
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 257, 513);

        vm.Slots.Move(_slot, At(1024));
        vm.Slots.Delete(new SlotId(2));
        Write(vcpu, 1030);

        Assert.Equal([1025UL, 1030], Frames(consumer.Harvest()));
    }

    [Theory, EveryStore]
    public void What_was_harvested_stays_readable_until_the_next_harvest(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 256, 257, 300);

        DirtyRanges harvest = consumer.Harvest();
        Write(vcpu, 301);

        Assert.Equal([256UL, 257, 300], Frames(harvest));
        Assert.Equal([256UL, 257, 300], Frames(harvest));
        Assert.Equal(3UL, harvest.CountPages());
        Assert.Equal([301UL], Frames(consumer.Harvest()));
    }

    [Theory, EveryStore]
    public void A_closed_consumer_is_told_no_more_and_holds_up_nobody(Store store)
    {
        using VirtualMachine vm = CreateLogged(store);
        Vcpu vcpu = vm.AddVcpu();
        DirtyConsumer first = vm.DirtyTracking.OpenConsumer();
        using DirtyConsumer second = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 256);

        first.Dispose();
        first.Dispose();

        Assert.Throws<ObjectDisposedException>(() => first.Harvest());
        Assert.Equal([256UL], Frames(second.Harvest()));
        second.Dispose();
        Write(vcpu, 257);
        using DirtyConsumer third = vm.DirtyTracking.OpenConsumer();
        Write(vcpu, 258);
        Assert.Equal([258UL], Frames(third.Harvest()));
    }

    [Fact]
    public void Opening_costs_the_same_for_a_page_and_for_a_terabyte()
    {
        long small = BytesOfOpening(1);
        long large = BytesOfOpening(1UL << 28);

        Assert.Equal(small, large);

        static long BytesOfOpening(ulong pages)
        {
            using VirtualMachine vm = Create(Store.SlotTries);
            // Nobody touches the host's side of it.
            vm.Slots.Set(Region(1, 1, 0, pages * PG, 0x10_0000_0000));
            vm.DirtyTracking.OpenConsumer().Dispose();
            long before = GC.GetAllocatedBytesForCurrentThread();
            vm.DirtyTracking.OpenConsumer().Harvest();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Thousands_of_clean_slots_are_not_looked_at()
    {
        using VirtualMachine vm = Create(Store.SlotTries);
        for (uint slot = 0; slot < 4000; slot++)
            vm.Slots.Set(Region(slot, 1, slot * PG * 2, PG, _memory.Start.Value + (slot * PG), _memory));
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();
        // A harvest and what waits for the next take turns with two bitmaps.
        for (int harvests = 0; harvests < 2; harvests++)
        {
            Write(vcpu, 2 * 77, 2 * 3999);
            consumer.Harvest();
        }
        Write(vcpu, 2 * 77, 2 * 3999);

        long before = GC.GetAllocatedBytesForCurrentThread();
        DirtyRanges harvest = consumer.Harvest();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal([2UL * 77, 2 * 3999], Frames(harvest));
    }

    [Fact]
    public void A_machine_with_rings_has_no_consumers_and_one_with_consumers_no_rings()
    {
        using VirtualMachine ringed = Create(Store.SlotTries);
        Assert.Equal(KvmErrno.None, ringed.DirtyTracking.TryEnableRings(4096));
        using VirtualMachine consumed = Create(Store.SlotTries);
        using DirtyConsumer consumer = consumed.DirtyTracking.OpenConsumer();

        Assert.Equal(KvmErrno.ENXIO, Assert.Throws<KvmException>(() => ringed.DirtyTracking.OpenConsumer()).Errno);
        Assert.Equal(KvmErrno.EINVAL, consumed.DirtyTracking.TryEnableRings(4096));
    }

    [Fact]
    public void Slots_that_come_and_go_while_nobody_harvests_leave_nothing_behind()
    {
        using VirtualMachine vm = Create(Store.SlotTries);
        Vcpu vcpu = vm.AddVcpu();
        using DirtyConsumer consumer = vm.DirtyTracking.OpenConsumer();
        WeakReference first = Toggle();
        for (int times = 0; times < 10; times++)
            Toggle();
        consumer.Harvest();

        GC.Collect();

        Assert.False(first.IsAlive);

        WeakReference Toggle()
        {
            vm.Put(1, 256, _memory, pages: 100, flags: SlotFlags.LogDirty);
            Write(vcpu, 256);
            Assert.True(vm.Slots.TryFind(_slot, out MemorySlot? slot));
            var log = new WeakReference(slot.DirtyBitmap);
            vm.Slots.Delete(_slot);
            return log;
        }
    }
}
