using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>The vectors of creating vCPUs, and the table while vCPUs are added.</summary>
public sealed class VcpuVectorTests
{
    static KvmErrno TryCreate(VirtualMachine vm, uint id)
    {
        try
        {
            vm.Vcpus.Create(new VcpuId(id));
            return None;
        }
        catch (KvmException refused)
        {
            return refused.Errno;
        }
    }

    [Theory, EveryStore]
    public void Ids_end_below_the_limit_and_are_taken_once(Store store)
    {
        using VirtualMachine vm = Create(store);

        Assert.Equal(EINVAL, TryCreate(vm, 4096));
        Assert.Equal(EINVAL, TryCreate(vm, uint.MaxValue));
        Assert.Equal(None, TryCreate(vm, 4095));
        Assert.Equal(EEXIST, TryCreate(vm, 4095));
        Assert.Equal(None, TryCreate(vm, 0));
        Assert.Equal(2, vm.Vcpus.Count);
        Assert.Equal(None, vm.Vcpus.TryLimitIds(4096));
        Assert.Equal(EINVAL, vm.Vcpus.TryLimitIds(2));
    }

    [Theory, EveryStore]
    public void The_limit_on_ids_is_set_once_before_the_first_vcpu(Store store)
    {
        using VirtualMachine vm = Create(store);

        Assert.Equal(EINVAL, vm.Vcpus.TryLimitIds(4097));
        Assert.Equal(None, vm.Vcpus.TryLimitIds(0));
        Assert.Equal(None, vm.Vcpus.TryLimitIds(2));
        Assert.Equal(None, vm.Vcpus.TryLimitIds(2));
        Assert.Equal(EINVAL, vm.Vcpus.TryLimitIds(3));
        Assert.Equal(EINVAL, vm.Vcpus.TryLimitIds(0));
        Assert.Equal(EINVAL, TryCreate(vm, 2));
        Assert.Equal(None, TryCreate(vm, 1));
    }

    [Theory, EveryStore]
    public void A_full_machine_says_so_before_it_looks_for_duplicates(Store store)
    {
        using VirtualMachine vm = Create(store);
        // From 500 on, ids and indices part.
        for (uint index = 0; index < 1024; index++)
            Assert.Equal(None, TryCreate(vm, index < 500 ? index : index + 1000));

        Assert.Equal(EINVAL, TryCreate(vm, 3000));
        Assert.Equal(EINVAL, TryCreate(vm, 1));
        Assert.Equal(1024, vm.Vcpus.Count);
        for (int index = 0; index < 1024; index++)
        {
            uint id = (uint)(index < 500 ? index : index + 1000);
            Assert.True(vm.Vcpus.TryGet(new VcpuIndex(index), out Vcpu? byIndex));
            Assert.True(vm.Vcpus.TryFind(new VcpuId(id), out Vcpu? byId));
            Assert.Same(byIndex, byId);
            Assert.Equal((id, index), (byId.Id.Value, byId.Index.Value));
        }
        Assert.False(vm.Vcpus.TryGet(new VcpuIndex(1024), out _));
        Assert.False(vm.Vcpus.TryGet(new VcpuIndex(-1), out _));
        Assert.False(vm.Vcpus.TryFind(new VcpuId(500), out _));
    }

    [Theory, EveryStore]
    public void Refused_duplicates_use_nothing_up(Store store)
    {
        using VirtualMachine vm = Create(store);
        Assert.Equal(None, TryCreate(vm, 7));

        for (int attempt = 0; attempt < 2000; attempt++)
            Assert.Equal(EEXIST, TryCreate(vm, 7));

        Assert.Equal(None, TryCreate(vm, 8));
        Assert.Equal(2, vm.Vcpus.Count);
    }

    [Theory, EveryStore]
    public void A_dead_machine_gets_no_vcpus(Store store)
    {
        VirtualMachine vm = Create(store);
        vm.Dispose();

        Assert.Equal(EIO, TryCreate(vm, 0));
    }

    [Theory, EveryStore]
    public void Of_two_threads_that_create_the_same_id_one_succeeds(Store store)
    {
        using VirtualMachine vm = Create(store);
        using var start = new Barrier(2);
        int created = 0;
        int refused = 0;

        void CreateAll()
        {
            for (uint id = 0; id < 1000; id++)
            {
                start.SignalAndWait();
                KvmErrno errno = TryCreate(vm, id);
                Interlocked.Increment(ref errno == None ? ref created : ref refused);
                Assert.True(errno is None or EEXIST);
            }
        }

        Background other = Background.Run(CreateAll);
        CreateAll();
        other.Join();

        Assert.Equal((1000, 1000), (created, refused));
        Assert.Equal(1000, vm.Vcpus.Count);
    }

    [Theory, EveryStore]
    public void Iterations_while_vcpus_are_added_see_neither_holes_nor_half_built_ones(Store store)
    {
        using VirtualMachine vm = Create(store);
        bool done = false;
        Background adding = Background.Run(() =>
        {
            for (uint id = 0; id < 1024; id++)
                vm.AddVcpu(4095 - id);
            Volatile.Write(ref done, true);
        });

        int last = 0;
        while (!Volatile.Read(ref done))
        {
            int count = vm.Vcpus.Count;
            int seen = 0;
            foreach (Vcpu vcpu in vm.Vcpus)
            {
                Assert.Equal((seen, 4095U - (uint)seen), (vcpu.Index.Value, vcpu.Id.Value));
                Assert.Same(vm, vcpu.Machine);
                Assert.Equal(VcpuMode.OutsideGuestMode, vcpu.Mode);
                Assert.True(vm.Vcpus.TryFind(vcpu.Id, out Vcpu? found) && ReferenceEquals(found, vcpu));
                seen++;
            }
            Assert.InRange(seen, Math.Max(count, last), 1024);
            last = seen;
        }
        adding.Join();
        Assert.Equal(1024, vm.Vcpus.Count);
    }

    [Theory, EveryStore]
    public void An_iteration_visits_the_vcpus_there_were_when_it_began(Store store)
    {
        using VirtualMachine vm = Create(store);
        var visited = new List<int>();
        foreach (Vcpu _ in vm.Vcpus)
            visited.Add(-1);
        Assert.Empty(visited);

        vm.AddVcpu(0);
        vm.AddVcpu(1);
        foreach (Vcpu vcpu in vm.Vcpus)
        {
            visited.Add(vcpu.Index.Value);
            vm.AddVcpu((uint)(10 + vcpu.Index.Value));
        }

        Assert.Equal([0, 1], visited);
        Assert.Equal(4, vm.Vcpus.Count);
    }
}
