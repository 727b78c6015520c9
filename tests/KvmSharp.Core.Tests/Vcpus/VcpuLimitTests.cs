using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Vcpus;

/// <summary>As many vCPUs as there may be, and more than KVM allows.</summary>
[Collection(AloneCollection.Name)]
public sealed class VcpuLimitTests
{
    const int Threads = 8;

    // Nothing that is in proportion to the vCPUs.
    const long Flat = 128 << 10;

    static VirtualMachine CreateLarge() => new(new VirtualMachineOptions { MaxVcpus = 1 << 20, MaxVcpuIds = 1 << 20 });

    [Theory]
    [InlineData(0U)]
    [InlineData(3072U)]
    public void As_many_as_kvm_allows_can_be_numbered_from_anywhere(uint first)
    {
        using var vm = new VirtualMachine();
        for (uint index = 0; index < 1024; index++)
            vm.AddVcpu(first + index);

        Assert.Equal((1024, 1024), (vm.Vcpus.Count, vm.Vcpus.MaxCount));
        Assert.True(vm.Vcpus.TryFind(new VcpuId(first + 1023), out Vcpu? last) && last.Index.Value == 1023);
    }

    [Fact]
    public void More_vcpus_and_greater_ids_than_kvm_allows_are_a_matter_of_options()
    {
        using VirtualMachine vm = CreateLarge();
        for (uint index = 0; index < 5000; index++)
            vm.AddVcpu((1U << 20) - 1 - index * 200);

        int seen = 0;
        foreach (Vcpu vcpu in vm.Vcpus)
        {
            Assert.Equal(seen++, vcpu.Index.Value);
            Assert.True(vm.Vcpus.TryFind(vcpu.Id, out Vcpu? found) && ReferenceEquals(found, vcpu));
        }
        Assert.Equal(5000, seen);
        Assert.Equal(EINVAL, Assert.Throws<KvmException>(() => vm.AddVcpu(1U << 20)).Errno);
    }

    [Fact]
    public void Of_eight_threads_that_create_the_same_id_one_succeeds()
    {
        using var vm = new VirtualMachine();
        int created = 0, taken = 0;

        InParallel((_, id) =>
        {
            KvmErrno errno = TryCreate(vm, id);
            Assert.True(errno is None or EEXIST);
            Interlocked.Increment(ref errno == None ? ref created : ref taken);
        });

        Assert.Equal((100, 7 * 100), (created, taken));
        Assert.Equal(100, vm.Vcpus.Count);
    }

    [Fact]
    public void Eight_threads_that_create_distinct_ids_all_succeed()
    {
        using var vm = new VirtualMachine();

        InParallel((thread, round) => Assert.Equal(None, TryCreate(vm, round * Threads + (uint)thread)));

        Assert.Equal(8 * 100, vm.Vcpus.Count);
        for (uint id = 0; id < 8 * 100; id++)
            Assert.True(vm.Vcpus.TryFind(new VcpuId(id), out Vcpu? vcpu) && vcpu.Id.Value == id);
    }

    static void InParallel(Action<int, uint> create)
    {
        using var start = new Barrier(Threads);
        Background[] threads = [.. Enumerable.Range(0, Threads).Select(thread => Background.Run(() =>
        {
            for (uint round = 0; round < 100; round++)
            {
                start.SignalAndWait();
                create(thread, round);
            }
        }))];
        foreach (Background thread in threads)
            thread.Join();
    }

    static KvmErrno TryCreate(VirtualMachine vm, uint id)
    {
        try
        {
            vm.AddVcpu(id);
            return None;
        }
        catch (KvmException refused)
        {
            return refused.Errno;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Four_thousand_vcpus_created_and_destroyed_leave_nothing(bool removed)
    {
        CreateAndDestroy(removed);
        long before = HeapBytes();

        CreateAndDestroy(removed);

        Assert.InRange(HeapBytes() - before, long.MinValue, Flat);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void CreateAndDestroy(bool removed)
    {
        using var vm = new VirtualMachine(new VirtualMachineOptions { MaxVcpus = 4096, AllowVcpuRemoval = true });
        Vcpu[] vcpus = [.. Enumerable.Range(0, 4096).Select(id => vm.AddVcpu((uint)id))];
        Assert.Equal(4096, vm.Vcpus.Count);
        if (!removed)
            return;
        foreach (Vcpu vcpu in vcpus)
            Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
        Assert.Equal(0, vm.Vcpus.Count);
    }

    static long HeapBytes()
    {
        GC.GetTotalMemory(forceFullCollection: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
