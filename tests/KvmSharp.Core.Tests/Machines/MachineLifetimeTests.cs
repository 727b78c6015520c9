using System;
using System.Runtime.CompilerServices;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>Nothing stays behind: neither of slots that came and went, nor of machines.</summary>
[Collection(AloneCollection.Name)]
public sealed class MachineLifetimeTests
{
    const ulong H = 0x7000_0000_0000;
    const int WarmUp = 10_000;

    // Far less than a byte a cycle.
    const long Flat = 128 << 10;

    static long HeapAfter(int cycles, Action<int> cycle)
    {
        for (int count = 0; count < cycles; count++)
            cycle(count);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    [Theory, EveryStore]
    public void Half_a_million_creations_and_deletions_leave_the_heap_flat(Store store)
    {
        using VirtualMachine vm = Create(store);
        void Cycle(int count)
        {
            uint slot = (uint)(count % 7);
            ulong gpa = (ulong)(count % 61) * GB;
            if (vm.Set(slot, (uint)count % 2, gpa, 16 * PG, H) != KvmErrno.None || vm.Set(slot, 0, 0, 0, 0) != KvmErrno.None)
                throw new InvalidOperationException($"refused at {count}");
        }

        long before = HeapAfter(WarmUp, Cycle);
        long after = HeapAfter(500_000, Cycle);

        Assert.InRange(after - before, long.MinValue, Flat);
        vm.CheckInvariants();
    }

    [Theory, EveryStore]
    public void A_hundred_thousand_moves_under_a_vcpu_leave_the_heap_flat(Store store)
    {
        using AnonymousMemory memory = AnonymousMemory.Create(2 * PG);
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, memory, pages: 2);
        Vcpu vcpu = vm.AddVcpu();
        void Cycle(int count)
        {
            ulong frame = (ulong)(count % 1021) << 9;
            vm.Slots.Move(new SlotId(0), At(frame));
            if (!vcpu.Memory.TryWrite(At(frame, 8), count))
                throw new InvalidOperationException($"no memory at {count}");
        }

        long before = HeapAfter(WarmUp, Cycle);
        long after = HeapAfter(100_000, Cycle);

        Assert.InRange(after - before, long.MinValue, Flat);
        Assert.InRange(vm.Table().TableCount, 0, 8);
        vm.CheckInvariants();
    }

    [Theory]
    [EveryStore(true)]
    [EveryStore(false)]
    public void A_disposed_machine_and_a_forgotten_one_are_collected(Store store, bool disposed)
    {
        (WeakReference machine, WeakReference memory) = CreateAndForget(store, disposed);

        // Finalizers of the first round may let go of more.
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(machine.IsAlive);
        Assert.False(memory.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static (WeakReference Machine, WeakReference Memory) CreateAndForget(Store store, bool dispose)
    {
        AnonymousMemory memory = AnonymousMemory.Create(4 * PG);
        VirtualMachine vm = Create(store);
        vm.Put(0, 0, memory, pages: 4);
        Assert.True(vm.AddVcpu().Memory.TryWrite(At(1), 1UL));
        if (dispose)
        {
            vm.Dispose();
            memory.Dispose();
        }
        return (new WeakReference(vm), new WeakReference(memory));
    }

    [Theory, EveryStore]
    public void Memory_stays_mapped_until_its_last_slot_is_gone(Store store)
    {
        AnonymousMemory memory = AnonymousMemory.Create(4 * PG);
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        vm.Put(0, 0, memory, pages: 4);
        memory.Dispose();

        Assert.True(memory.IsMapped);
        Assert.True(vcpu.Memory.TryWrite(At(1), 1UL));
        vm.Slots.Move(new SlotId(0), At(8));
        Assert.True(vcpu.Memory.TryRead(At(9), out ulong value) && value == 1);
        vm.Slots.Delete(new SlotId(0));

        Assert.False(memory.IsMapped);
        Assert.False(vcpu.Memory.TryRead(At(9), out value));
    }
}
