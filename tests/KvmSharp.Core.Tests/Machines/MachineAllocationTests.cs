using System;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>What runs often allocates nothing.</summary>
public sealed class MachineAllocationTests : IDisposable
{
    const int Pages = 4096;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);

    public void Dispose() => _memory.Dispose();

    static void AssertAllocatesNothing(Action action)
    {
        action();
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory, EveryStore]
    public void Accesses_that_hit_the_TLB_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: Pages);
        Vcpu vcpu = vm.AddVcpu();
        byte[] bytes = new byte[3 * Page.Size];

        AssertAllocatesNothing(() =>
        {
            for (int count = 0; count < 100; count++)
            {
                vcpu.Memory.TryWrite(At(1), 1UL);
                vcpu.Memory.TryRead(At(1, PG - 4), out ulong _);
                vcpu.Memory.TryRead<UInt128>(At(2), out _);
                vcpu.Memory.TryAdd(At(1), 1, out _);
                vcpu.Memory.TryWrite(At(1, 5), bytes, out _);
                vm.Memory.TryRead(At(1, 5), bytes, out _);
            }
        });
    }

    [Theory, EveryStore]
    public void TLB_misses_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: Pages);
        Vcpu vcpu = vm.AddVcpu();
        long fills = 0;

        AssertAllocatesNothing(() =>
        {
            fills = vcpu.Memory.TlbFills;
            for (ulong page = 0; page < Pages; page++)
                vcpu.Memory.TryWrite(At(page), page);
        });

        Assert.Equal(fills + Pages, vcpu.Memory.TlbFills);
    }

    [Theory, EveryStore]
    public void Faults_on_pages_of_a_table_that_is_there_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 1, _memory, pages: 500);
        // Keeps the table: what is discarded below is less than all.
        vm.Put(1, 0, _memory, page: 600);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Memory.TryWrite(At(0), 1UL);
        long faults = 0;

        AssertAllocatesNothing(() =>
        {
            _memory.Discard(0, 500 * PG);
            faults = vm.Counters.Faults;
            for (ulong page = 1; page <= 500; page++)
                vcpu.Memory.TryWrite(At(page), page);
        });

        Assert.Equal(faults + 500, vm.Counters.Faults);
    }

    [Theory, EveryStore]
    public void Accesses_that_no_slot_takes_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 1);
        Vcpu vcpu = vm.AddVcpu();

        AssertAllocatesNothing(() =>
        {
            for (ulong page = 0; page < 10; page++)
            {
                vcpu.Memory.Write(At(page, PG - 4), 1UL);
                vcpu.Memory.Read<UInt128>(At(page, PG - 4));
                vcpu.Memory.TryRead(new Gpa(ulong.MaxValue - page), out ulong _);
            }
        });
    }

    [Theory, EveryStore]
    public void Lookups_and_iterations_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        for (int id = 0; id < 50; id++)
            vm.Put(id, (ulong)id * 4, _memory, pages: 2);
        vm.AddVcpu(5);
        int seen = 0;

        AssertAllocatesNothing(() =>
        {
            for (ulong gfn = 0; gfn < 200; gfn++)
                vm.Slots.TryFind(new Gfn(gfn), out _);
            vm.Slots.TryFind(new SlotId(7), out _);
            using (Reclaim.ReadSection section = vm.EnterReadSection())
            {
                foreach (MemorySlot _ in vm.Slots.Current(section).All)
                    seen++;
                foreach (MemorySlot _ in vm.Slots.Current(section).InRange(_memory.Range))
                    seen++;
            }
            foreach (Vcpu _ in vm.Vcpus)
                seen++;
            vm.Vcpus.TryFind(new VcpuId(5), out _);
        });

        Assert.Equal(3 * 101, seen);
    }

    [Theory, EveryStore]
    public void Refused_and_needless_changes_allocate_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 2);
        ulong hva = _memory.Start.Value;
        int refused = 0;

        AssertAllocatesNothing(() =>
        {
            refused = 0;
            foreach (KvmErrno errno in (ReadOnlySpan<KvmErrno>)[
                vm.Set(0, 4, 0, 2 * PG, hva), vm.Set(0, 0, 0, 3 * PG, hva), vm.Set(1, 0, 7, PG, hva), vm.Set(1, 0, 0, 0, 0),
                vm.Set(0xffff, 0, 0, PG, hva), vm.Set(0x2_0000, 0, 0, PG, hva), vm.Set(1, 1, PG, 100 * PG, hva)])
            {
                refused += errno == KvmErrno.None ? 0 : 1;
            }
            vm.Set(0, 0, 0, 2 * PG, hva);
        });

        Assert.Equal(7, refused);
    }

    [Theory, EveryStore]
    public void A_move_allocates_little_more_than_its_slot(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 2);
        void Move(int count) => vm.Slots.Move(new SlotId(0), At((ulong)(count % 5) * 2));
        for (int count = 0; count < 1000; count++)
            Move(count);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int count = 0; count < 1000; count++)
            Move(count);

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 1, 2048);
    }
}
