using System;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>What host invalidations do to a machine, and what it does meanwhile.</summary>
public sealed class MachineInvalidationTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(8 * PG);

    public void Dispose() => _memory.Dispose();

    HvaRange PageOf(ulong page) => new(_memory.Start + page * PG, PG);

    [Theory, EveryStore]
    public void A_fault_waits_for_the_end_of_an_invalidation_of_its_page(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        ulong value = 0;

        Background reader;
        using (HostInvalidation.Begin(PageOf(2)))
        {
            reader = Background.Run(() => vcpu.Memory.TryRead(At(2), out value));
            Background.Until(() => vm.Counters.FaultRetries > 0);
            Assert.False(reader.IsDone);
            _memory.WriteUInt64(2 * PG, 7);
        }
        reader.Join();

        Assert.Equal(7UL, value);
    }

    [Theory, EveryStore]
    public void A_fault_on_another_page_goes_on(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();

        using (HostInvalidation.Begin(PageOf(2)))
        {
            Assert.True(vcpu.Memory.TryRead<ulong>(At(1), out _));
            Assert.True(vcpu.Memory.TryRead<ulong>(At(3), out _));
        }

        Assert.Equal(0, vm.Counters.FaultRetries);
    }

    [Theory, EveryStore]
    public void An_access_from_the_host_waits_for_the_end_of_an_invalidation_of_its_page(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        using var started = new ManualResetEventSlim();
        ulong value = 0;

        Background reader;
        using (HostInvalidation.Begin(PageOf(2)))
        {
            reader = Background.Run(() =>
            {
                vm.Memory.Write<ulong>(At(1), 1);
                started.Set();
                value = vm.Memory.Read<ulong>(At(2));
            });
            // The page may be taken away at any moment now: whoever touched it would crash.
            Background.Wait(started.WaitHandle);
            for (int look = 0; look < 1000 && !reader.IsDone; look++)
                Thread.Yield();
            Assert.False(reader.IsDone);
            _memory.WriteUInt64(2 * PG, 7);
        }
        reader.Join();

        Assert.Equal(7UL, value);
    }

    [Theory, EveryStore]
    public void An_access_from_the_host_in_a_section_of_its_own_does_not_wait_for_who_waits_for_it(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Background discard;
        using (vm.EnterReadSection())
        {
            discard = Background.Run(() => _memory.Discard(2 * PG, PG));
            Background.Until(() => vm.Mmu.IsBeingInvalidated(new Gfn(2)));
            Assert.True(vm.Memory.TryRead<ulong>(At(2), out _));
            Assert.False(discard.IsDone);
        }
        discard.Join();
    }

    [Theory, EveryStore]
    public void Each_invalidation_that_found_memory_moves_the_sequence_once(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        vm.Put(1, 100, _memory, pages: 8);
        vm.Put(0, 0, _memory, pages: 8, space: 1);
        Assert.Equal(0UL, vm.Mmu.Sequence);

        using (HostInvalidation.Begin(_memory.Range))
        {
            using (HostInvalidation.Begin(PageOf(3)))
                Assert.True(vm.Mmu.MustRetry(vm.Mmu.ReadSequence(), new Gfn(103)));
            Assert.Equal(1UL, vm.Mmu.Sequence);
            Assert.True(vm.Mmu.MustRetry(vm.Mmu.ReadSequence(), new Gfn(0)));
        }
        Assert.Equal(2UL, vm.Mmu.Sequence);
        Assert.False(vm.Mmu.MustRetry(vm.Mmu.ReadSequence(), new Gfn(103)));

        using (HostInvalidation.Begin(new HvaRange(new Hva(PG), PG)))
            Assert.False(vm.Mmu.MustRetry(vm.Mmu.ReadSequence(), new Gfn(0)));
        Assert.Equal(2UL, vm.Mmu.Sequence);

        // Nothing is left that would hold a publication up.
        vm.Put(5, 200, _memory);
    }

    [Theory, EveryStore]
    public void All_slots_that_share_the_memory_lose_their_translations(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        vm.Put(1, 100, _memory, page: 2, pages: 2);
        vm.Put(0, 50, _memory, page: 1, pages: 4, space: 1);
        Vcpu vcpu = vm.AddVcpu();
        Vcpu other = vm.AddVcpu(1);
        other.AddressSpace = AddressSpaceId.SystemManagement;
        Assert.True(vcpu.Memory.TryWrite(At(2), 5UL));
        Assert.True(vcpu.Memory.TryRead(At(100), out ulong _));
        Assert.True(vcpu.Memory.TryRead(At(3), out ulong _));
        Assert.True(other.Memory.TryRead(At(51), out ulong _));
        Assert.Equal(4, vm.Counters.MappedPages);

        _memory.Discard(2 * PG, PG);

        Assert.Equal(1, vm.Counters.MappedPages);
        Assert.True(vcpu.Memory.TryRead(At(2), out ulong value));
        Assert.Equal(0UL, value);
        Assert.True(vcpu.Memory.TryRead(At(100), out value));
        Assert.Equal(0UL, value);
    }

    [Theory, EveryStore]
    public void Pages_are_young_from_their_use_until_they_are_aged(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        vm.Put(1, 100, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        Assert.False(vm.IsYoung(_memory.Range));
        Assert.False(vm.ClearYoung(_memory.Range));

        Assert.True(vcpu.Memory.TryRead<ulong>(At(103), out _));
        Assert.True(vm.IsYoung(PageOf(3)));
        Assert.False(vm.IsYoung(PageOf(2)));
        Assert.True(vm.ClearYoung(_memory.Range));
        Assert.False(vm.IsYoung(_memory.Range));

        // The vCPU still has the page in its TLB and goes unnoticed …
        Assert.True(vcpu.Memory.TryRead<ulong>(At(103), out _));
        Assert.False(vm.ClearYoung(_memory.Range, flush: true));
    }

    [Theory, EveryStore]
    public void A_flush_makes_the_next_use_of_an_aged_page_show(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.Memory.TryRead<ulong>(At(3), out _));

        Assert.True(vm.ClearYoung(_memory.Range, flush: true));
        Assert.True(vcpu.Memory.TryRead<ulong>(At(3), out _));

        Assert.True(vm.IsYoung(PageOf(3)));
    }

    [Theory, EveryStore]
    public void A_page_inside_a_large_leaf_is_discarded_alone(Store store)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(4 * MB, HugePages.Prefer);
        using VirtualMachine vm = Create(store);
        vm.Put(0, 512, memory, pages: 1024);
        Vcpu vcpu = vm.AddVcpu();
        foreach (ulong page in new ulong[] { 0, 5, 511, 600 })
            Assert.True(vcpu.Memory.TryWrite(At(512 + page), page + 1));
        Assert.Equal(2, vm.Table().CountLeaves(PageLevel.Page2M));

        memory.Discard(5 * PG, PG);

        Assert.Equal(1, vm.Table().CountLeaves(PageLevel.Page2M));
        foreach (ulong page in new ulong[] { 0, 5, 511, 600 })
        {
            Assert.True(vcpu.Memory.TryRead(At(512 + page), out ulong value));
            Assert.Equal(page == 5 ? 0 : page + 1, value);
        }
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_page_inside_a_large_leaf_is_protected_alone(Store store)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(2 * MB, HugePages.Prefer);
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, memory, pages: 512);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.Memory.TryWrite(At(5), 5UL));

        memory.Protect(5 * PG, PG, HostProtection.Read);

        Assert.False(vcpu.Memory.TryWrite(At(5), 6UL));
        Assert.Equal(GuestAccessKind.HostFault, vcpu.Memory.Fault.Kind);
        Assert.True(vcpu.Memory.TryRead(At(5), out ulong value));
        Assert.Equal(5UL, value);
        Assert.True(vcpu.Memory.TryWrite(At(4), 6UL));
        Assert.False(vm.Memory.TryWrite(At(5), 6UL));

        memory.Protect(5 * PG, PG, HostProtection.ReadWrite);
        Assert.True(vcpu.Memory.TryWrite(At(5), 6UL));
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_discard_inside_a_read_section_is_refused_and_leaves_the_machine_in_order(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        using (vm.EnterReadSection())
            Assert.Throws<InvalidOperationException>(() => _memory.Discard(0, PG));

        Assert.True(vm.AddVcpu().Memory.TryRead<ulong>(At(0), out _));
        Background change = Background.Run(() => vm.Put(1, 100, _memory));
        change.Join();
    }

    [Theory, EveryStore]
    public void A_machine_is_not_disposed_inside_a_read_section(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        using (vm.EnterReadSection())
            Assert.Throws<InvalidOperationException>(vm.Dispose);

        Assert.False(vm.IsDead);
        vm.Dispose();
        Assert.Equal(0, vm.Slots.Count());
    }
}
