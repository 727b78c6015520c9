using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Tests.HostMemory;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>Guest memory given back to the host by its guest frames.</summary>
public sealed class GuestDiscardTests : IDisposable
{
    const ulong Pages = 64;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);

    public GuestDiscardTests() => _memory.AsSpan(0, (int)(Pages * PG)).Fill(0xaa);

    public void Dispose() => _memory.Dispose();

    static GfnRange Frames(ulong start, ulong count) => new(new Gfn(start), count);

    [Theory, EveryStore]
    public void The_guest_finds_zero_in_what_was_discarded_and_the_rest_as_it_was(Store store)
    {
        using VirtualMachine vm = Create(store);
        for (ulong page = 0; page < Pages; page++)
            vm.Put((int)page, 100 + page, _memory, page);
        Vcpu vcpu = vm.AddVcpu();
        for (ulong page = 0; page < Pages; page++)
            Assert.Equal(0xaaaaaaaaaaaaaaaaUL, vcpu.Memory.Read<ulong>(At(100 + page)));

        Assert.Equal(40UL, vm.Slots.Discard(Frames(110, 40)));

        for (ulong page = 0; page < Pages; page++)
            Assert.Equal(page is >= 10 and < 50 ? 0UL : 0xaaaaaaaaaaaaaaaaUL, vcpu.Memory.Read<ulong>(At(100 + page)));
        vm.CheckInvariants();
    }

    [LinuxFact]
    public void Slots_side_by_side_are_one_invalidation()
    {
        using var vm = new VirtualMachine();
        for (ulong page = 0; page < Pages; page++)
            vm.Put((int)page, 100 + page, _memory, page);
        using RecordingListener listener = new(_memory.Range);

        vm.Slots.Discard(Frames(90, 100));

        Assert.Equal([$"begin {_memory.Range}", $"end {_memory.Range}"], listener.Events);
    }

    [LinuxFact]
    public void A_row_ends_where_host_memory_does_not_go_on()
    {
        using var vm = new VirtualMachine();
        vm.Put(0, 0, _memory, page: 8, pages: 8);
        vm.Put(1, 8, _memory, page: 0, pages: 8);
        using RecordingListener listener = new(_memory.Range);

        Assert.Equal(8UL, vm.Slots.Discard(Frames(4, 8)));

        HvaRange first = new(_memory.Start + (12 * PG), 4 * PG), second = new(_memory.Start, 4 * PG);
        Assert.Equal([$"begin {first}", $"end {first}", $"begin {second}", $"end {second}"], listener.Events);
    }

    [Theory, EveryStore]
    public void Frames_without_a_slot_are_passed_over(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 10, _memory, page: 0, pages: 4);
        vm.Put(1, 20, _memory, page: 4, pages: 4);

        Assert.Equal(0UL, vm.Slots.Discard(Frames(0, 10)));
        Assert.Equal(0UL, vm.Slots.Discard(Frames(14, 6)));
        Assert.Equal(0UL, vm.Slots.Discard(Frames(10, 0)));
        Assert.Equal(5UL, vm.Slots.Discard(Frames(13, 11)));
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, _memory.ReadUInt64(2 * PG));
        Assert.Equal(8UL, vm.Slots.Discard(GfnRange.All));
        Assert.Equal(0UL, _memory.ReadUInt64(2 * PG));
    }

    [Theory, EveryStore]
    public void Memory_without_an_owner_is_refused_before_anything_is_discarded(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, page: 0, pages: 4);
        vm.Set(1, 0, 4 * PG, 4 * PG, (_memory.Start + (4 * PG)).Value);

        NotSupportedException refusal = Assert.Throws<NotSupportedException>(() => vm.Slots.Discard(Frames(0, 8)));

        Assert.Contains("gfn:[4,8)", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, _memory.ReadUInt64(0));
        Assert.Equal(4UL, vm.Slots.Discard(Frames(0, 4)));
    }

    [Fact]
    public void Borrowed_memory_needs_the_right()
    {
        using var locked = new BorrowedMemory(_memory.Start, 4 * PG, BorrowedMemoryRights.None);
        using var vm = new VirtualMachine();
        vm.Put(0, 4, _memory, page: 4, pages: 4);
        vm.Put(1, 0, locked, pages: 4);

        Assert.Throws<NotSupportedException>(() => vm.Slots.Discard(Frames(0, 8)));
        Assert.Equal(0xaaaaaaaaaaaaaaaaUL, _memory.ReadUInt64(4 * PG));
    }

    [LinuxFact]
    public void Shared_memory_is_discarded_for_every_mapping()
    {
        using var shared = SharedMemory.Create(4 * PG);
        using SharedMemory other = shared.MapAgain();
        other.WriteUInt64(PG, 5);
        using var vm = new VirtualMachine();
        vm.Put(0, 0, shared, pages: 2);
        vm.Put(1, 2, shared, page: 2, pages: 2);

        Assert.Equal(4UL, vm.Slots.Discard(Frames(0, 4)));
        Assert.Equal(0UL, other.ReadUInt64(PG));
    }

    [Fact]
    public void A_slot_keeps_memory_that_its_owner_has_given_up_discardable()
    {
        AnonymousMemory own = AnonymousMemory.Create(PG);
        using var vm = new VirtualMachine();
        vm.Put(0, 0, own);
        vm.Memory.Write(At(0), 7UL);
        own.Dispose();

        Assert.Equal(1UL, vm.Slots.Discard(Frames(0, 1)));
        Assert.Equal(0UL, vm.Memory.Read<ulong>(At(0)));
    }

    [Fact]
    public void Not_inside_a_read_section()
    {
        using var vm = new VirtualMachine();
        vm.Put(0, 0, _memory);
        using ReadSection section = vm.EnterReadSection();

        Assert.Throws<InvalidOperationException>(() => vm.Slots.Discard(Frames(0, 1)));
    }
}
