using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Addresses;
using KvmSharp.Checkpoints;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.SecondStage;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Checkpoints;

/// <summary>Going back to what memory and slots were.</summary>
public sealed class RestorePointTests : IDisposable
{
    const ulong Pages = 600;

    static readonly SlotId _slot = new(1);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);
    readonly VirtualMachine _vm;
    readonly Vcpu _vcpu;

    public RestorePointTests()
    {
        _vm = Create(Store.SlotTries);
        _vm.Put(1, 256, _memory, pages: 400);
        _vm.Put(2, 1024, _memory, page: 400, pages: 100);
        _vcpu = _vm.AddVcpu();
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    RestorePoint Take(RestorePoint? parent = null) => RestorePoint.Take(_vm, parent);

    ulong[] Words() => [.. Enumerable.Range(0, (int)Pages).Select(page => _memory.ReadUInt64((ulong)page * PG))];

    [Fact]
    public void Memory_is_what_it_was_and_only_what_was_written_is_brought_back()
    {
        _vcpu.Memory.Write(At(256), 1UL);
        _vcpu.Memory.Write(At(300), 2UL);
        using RestorePoint point = Take();
        ulong[] before = Words();
        Assert.Equal(2UL, point.Checkpoint.OwnPageCount);

        for (int times = 0; times < 3; times++)
        {
            _vcpu.Memory.Write(At(300), 3UL);
            _vcpu.Memory.Write(At(301), 3UL);
            _vcpu.Memory.Write(At(1024 + 99, PG - 8), 3UL);
            _vm.Memory.Write(At(1024), 3UL);

            Assert.Equal(4UL, point.Restore());
            Assert.Equal(before, Words());
            Assert.Equal(0UL, _memory.ReadUInt64((400 + 99) * PG + PG - 8));
            Assert.Equal(0UL, point.Restore());
        }
        point.Checkpoint.Dispose();
        _vcpu.Memory.Write(At(256), 9UL);
        Assert.Equal(1UL, point.Restore());
        Assert.Equal(1UL, _vcpu.Memory.Read<ulong>(At(256)));
    }

    [Fact]
    public void Slots_are_what_they_were()
    {
        using RestorePoint point = Take();
        string slots = _vm.Describe();
        ulong[] before = Words();

        _vcpu.Memory.Write(At(256), 1UL);
        _vm.Slots.Move(_slot, At(4096));
        _vcpu.Memory.Write(At(4097), 1UL);
        _vcpu.Memory.Write(At(1024), 1UL);
        _vm.Slots.Delete(new SlotId(2));
        _vm.Put(2, 256, _memory, page: 0, pages: 7);
        _vcpu.Memory.Write(At(258), 1UL);
        _vm.Put(7, 8192, _memory, page: 410, pages: 10, flags: SlotFlags.LogDirty);
        _vcpu.Memory.Write(At(8192), 1UL);
        _vm.Slots.Delete(new SlotId(7));
        _vm.Put(8, 8192, _memory, page: 420, pages: 10, flags: SlotFlags.LogDirty, space: 1);
        _vm.MemoryOf(new AddressSpaceId(1)).Write(At(8192), 1UL);
        // Not logged, and on both sides of the border between two slots' memory.
        _vm.Put(9, 9000, _memory, page: 395, pages: 10);
        _vcpu.Memory.Write(At(9000), 1UL);
        _vcpu.Memory.Write(At(9009), 1UL);
        point.Restore();

        Assert.Equal(slots, _vm.Describe());
        Assert.Equal(before, Words());
        Assert.Equal(0UL, point.Restore());
        _vm.CheckInvariants();
    }

    [Fact]
    public void Two_slots_that_changed_places_change_back()
    {
        _vm.Slots.Delete(new SlotId(2));
        _vm.Put(2, 1024, _memory, page: 400, pages: 100);
        using RestorePoint point = Take();
        string slots = _vm.Describe();

        _vm.Slots.BeginTransaction().Move(_slot, At(1024)).Move(new SlotId(2), At(256)).Apply();
        _vm.Slots.SetFlags(_slot, SlotFlags.None);
        point.Restore();

        Assert.Equal(slots, _vm.Describe());
    }

    [Fact]
    public void Logging_that_was_switched_off_costs_a_whole_slot_and_loses_nothing()
    {
        using RestorePoint point = Take();
        ulong[] before = Words();

        _vm.Slots.SetFlags(_slot, SlotFlags.None);
        _vcpu.Memory.Write(At(299), 1UL);

        Assert.Equal(400UL, point.Restore());
        Assert.Equal(before, Words());
    }

    [Fact]
    public void Discarded_pages_come_back()
    {
        _vcpu.Memory.Write(At(300), 7UL);
        using RestorePoint point = Take();

        _memory.Discard(40 * PG, 10 * PG);
        Assert.Equal(0UL, _vcpu.Memory.Read<ulong>(At(300)));

        Assert.Equal(10UL, point.Restore());
        Assert.Equal(7UL, _vcpu.Memory.Read<ulong>(At(300)));
    }

    [Fact]
    public void A_point_may_follow_another_and_each_is_gone_back_to_in_any_order()
    {
        _vcpu.Memory.Write(At(256), 1UL);
        using RestorePoint first = Take();
        ulong[] atFirst = Words();
        _vcpu.Memory.Write(At(257), 2UL);
        _vcpu.Memory.Write(At(256), 0UL);
        using RestorePoint second = Take(first);
        ulong[] atSecond = Words();

        Assert.Equal(first.Checkpoint.Id, second.Checkpoint.Parent);
        Assert.Equal(2UL, second.Checkpoint.OwnPageCount);
        for (int times = 0; times < 3; times++)
        {
            _vcpu.Memory.Write(At(300), 3UL);
            first.Restore();
            Assert.Equal(atFirst, Words());
            second.Restore();
            Assert.Equal(atSecond, Words());
            _vcpu.Memory.Write(At(256), 4UL);
            second.Restore();
            Assert.Equal(atSecond, Words());
            first.Restore();
            Assert.Equal(atFirst, Words());
        }
    }

    [Fact]
    public void A_parent_whose_memory_is_another_is_not_made_use_of()
    {
        using RestorePoint first = Take();
        _vm.Put(3, 4096, _memory, page: 500, pages: 100);

        using RestorePoint second = Take(first);

        Assert.Null(second.Checkpoint.Parent);
        Assert.Equal(600UL, second.Checkpoint.PageCount);
    }

    [Fact]
    public void What_a_restore_writes_is_news_to_others()
    {
        using RestorePoint point = Take();
        _vcpu.Memory.Write(At(256), 1UL);
        using DirtyConsumer consumer = _vm.DirtyTracking.OpenConsumer();
        ulong[] bitmap = new ulong[DirtyTracking.WordsFor(400)];
        Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryGetLog(_slot, bitmap));

        point.Restore();

        Assert.Equal(1UL, consumer.Harvest().CountPages());
        Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryGetLog(_slot, bitmap));
        Assert.Equal(1UL, bitmap[0]);
        Assert.Equal(0UL, consumer.Harvest().CountPages());
    }

    [Fact]
    public void Who_has_decoded_code_is_told_that_it_was_brought_back()
    {
        var tracker = new Tracker();
        _vm.WriteTracking.Tracker = tracker;
        using RestorePoint point = Take();
        _vcpu.Memory.Write(At(257), 1UL);
        _vm.WriteTracking.Track(default, new Gfn(257));
        _vm.WriteTracking.Track(default, new Gfn(258));

        point.Restore();

        Assert.Equal([new Gfn(257)], tracker.Frames);
    }

    sealed class Tracker : IWriteTracker
    {
        internal List<Gfn> Frames { get; } = [];

        public void Written(AddressSpaceId space, Gfn gfn) => Frames.Add(gfn);
    }

    [Fact]
    public void A_vcpu_in_guest_mode_is_not_run_over()
    {
        using RestorePoint point = Take();
        Assert.True(_vcpu.TryEnterGuest());

        Assert.Contains("stop it", Assert.Throws<InvalidOperationException>(() => Take()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => point.Restore());

        _vcpu.ExitGuest();
        Assert.Equal(0UL, point.Restore());
    }

    [Fact]
    public void Memory_that_may_not_be_written_refuses_the_restore_and_can_be_tried_again()
    {
        using RestorePoint point = Take();
        _vcpu.Memory.Write(At(256), 1UL);
        _memory.Protect(0, PG, HostProtection.Read);

        Assert.Equal(KvmErrno.EFAULT, Assert.Throws<KvmException>(() => point.Restore()).Errno);

        _memory.Protect(0, PG, HostProtection.ReadWrite);
        Assert.InRange(point.Restore(), 1UL, 2UL);
        Assert.Equal(0UL, _memory.ReadUInt64(0));
    }

    [Fact]
    public void What_cannot_be_watched_is_refused()
    {
        using var mirrored = new VirtualMachine(new VirtualMachineOptions { SlotMirror = new Elsewhere() });
        using RestorePoint foreign = RestorePoint.Take(Create(Store.SlotTries));
        _memory.Protect(0, PG, HostProtection.None);

        Assert.Equal(KvmErrno.ENXIO, Assert.Throws<KvmException>(() => RestorePoint.Take(mirrored)).Errno);
        Assert.Throws<ArgumentException>(() => Take(foreign));
        Assert.Equal(KvmErrno.EFAULT, Assert.Throws<KvmException>(() => Take()).Errno);
        foreign.Dispose();
        Assert.Throws<ObjectDisposedException>(() => foreign.Restore());
    }

    // Whoever it stands for runs the vCPUs.
    sealed class Elsewhere : ISlotMirror
    {
        public KvmErrno TryChange(MemorySlot? old, MemorySlot? @new) => KvmErrno.None;
    }

    [Fact]
    public void Closing_lets_go_of_the_memory()
    {
        AnonymousMemory memory = AnonymousMemory.Create(PG);
        _vm.Put(3, 4096, memory);
        RestorePoint point = Take();
        _vm.Slots.Delete(new SlotId(3));
        memory.Dispose();
        Assert.True(memory.IsMapped);

        point.Dispose();
        point.Dispose();

        Assert.False(memory.IsMapped);
        Assert.Equal(0, _vm.DirtyTracking.ConsumerCount);
    }

    [Fact]
    public void A_million_restores_leave_memory_flat()
    {
        using RestorePoint point = Take();
        for (int cycle = 0; cycle < 1000; cycle++)
            Cycle(cycle);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int cycle = 0; cycle < 1_000_000; cycle++)
            Cycle(cycle);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Cycle(int cycle)
        {
            _vcpu.Memory.TryWrite(At(256 + ((ulong)cycle % 64)), 1UL);
            if (point.Restore() != 1)
                Assert.Fail($"cycle {cycle} did not bring one page back");
        }
    }
}
