using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.HostMemory;
using KvmSharp.Reclaim;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Vcpus;

/// <summary>Removing vCPUs at run time, which KVM does not do.</summary>
[Collection(AloneCollection.Name)]
public sealed class VcpuRemovalTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(8 * PG);

    public void Dispose() => _memory.Dispose();

    static VirtualMachine CreateRemovable(int maxVcpus = 1024) =>
        new(new VirtualMachineOptions { AllowVcpuRemoval = true, MaxVcpus = maxVcpus });

    static int[] Indices(VirtualMachine vm)
    {
        var indices = new System.Collections.Generic.List<int>();
        foreach (Vcpu vcpu in vm.Vcpus)
            indices.Add(vcpu.Index.Value);
        return [.. indices];
    }

    [Fact]
    public void As_in_kvm_a_vcpu_stays_until_the_machine_ends_unless_that_was_asked_for()
    {
        using var vm = new VirtualMachine();
        Vcpu vcpu = vm.AddVcpu(3);

        Assert.Equal(EINVAL, vm.Vcpus.TryRemove(vcpu));

        Assert.True(vm.Vcpus.TryFind(vcpu.Id, out _));
        Assert.Equal(1, vm.Vcpus.Count);
        Assert.True(vcpu.TryEnterGuest());
        vcpu.ExitGuest();
    }

    [Fact]
    public void A_removed_vcpu_is_found_no_more_and_its_numbers_are_given_out_again()
    {
        using VirtualMachine vm = CreateRemovable(maxVcpus: 4);
        Vcpu[] vcpus = [.. Enumerable.Range(0, 4).Select(id => vm.AddVcpu((uint)id * 10))];

        Assert.Equal(None, vm.Vcpus.TryRemove(vcpus[1]));

        Assert.Equal(3, vm.Vcpus.Count);
        Assert.Equal([0, 2, 3], Indices(vm));
        Assert.False(vm.Vcpus.TryGet(new VcpuIndex(1), out _));
        Assert.False(vm.Vcpus.TryFind(new VcpuId(10), out _));
        Assert.Equal(ENOENT, vm.Vcpus.TryRemove(vcpus[1]));

        Vcpu next = vm.AddVcpu(77);
        Assert.Equal(1, next.Index.Value);
        Assert.Equal([0, 1, 2, 3], Indices(vm));
        Assert.Throws<KvmException>(() => vm.AddVcpu(10));
        Assert.Equal(None, vm.Vcpus.TryRemove(vcpus[3]));
        Assert.Equal(3, vm.AddVcpu(10).Index.Value);
        Assert.True(vm.Vcpus.TryFind(new VcpuId(10), out Vcpu? found) && found.Index.Value == 3);
        Assert.True(vm.Vcpus.TryFind(new VcpuId(77), out found) && ReferenceEquals(found, next));
    }

    [Fact]
    public void The_lowest_free_index_is_taken_first()
    {
        using VirtualMachine vm = CreateRemovable();
        Vcpu[] vcpus = [.. Enumerable.Range(0, 6).Select(id => vm.AddVcpu((uint)id))];
        foreach (int index in (int[])[4, 1, 5])
            Assert.Equal(None, vm.Vcpus.TryRemove(vcpus[index]));

        Assert.Equal([1, 4, 5, 6], new[] { 20U, 21U, 22U, 23U }.Select(id => vm.AddVcpu(id).Index.Value));
    }

    [Fact]
    public void A_vcpu_that_is_not_stopped_is_busy()
    {
        using VirtualMachine vm = CreateRemovable();
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.TryEnterGuest());
        Assert.Equal(EBUSY, vm.Vcpus.TryRemove(vcpu));
        vcpu.ExitGuest();

        Background waiter = Background.Run(() => vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
        Background.Until(() => vcpu.IsBlocked && waiter.IsWaiting);
        Assert.Equal(EBUSY, vm.Vcpus.TryRemove(vcpu));
        vcpu.Kick();
        waiter.Join();

        Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
    }

    [Fact]
    public void A_removed_vcpu_neither_enters_guest_mode_nor_reaches_memory()
    {
        using VirtualMachine vm = CreateRemovable();
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.Memory.TryWrite(At(0), 1UL));

        Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));

        Assert.False(vcpu.TryEnterGuest());
        Assert.False(vcpu.Memory.TryRead(At(0), out ulong _));
        Assert.Equal(GuestAccessKind.MachineDead, vcpu.Memory.Fault.Kind);
        Assert.True(vm.AddVcpu().Memory.TryRead(At(0), out ulong value) && value == 1);
    }

    [Fact]
    public void Another_machines_vcpu_is_refused()
    {
        using VirtualMachine vm = CreateRemovable();
        using VirtualMachine other = CreateRemovable();
        vm.AddVcpu();
        Vcpu foreign = other.AddVcpu();

        Assert.Equal(EINVAL, vm.Vcpus.TryRemove(foreign));
        Assert.Equal(1, other.Vcpus.Count);
    }

    [Fact]
    public void Removal_waits_for_readers_and_until_then_the_numbers_are_taken()
    {
        using VirtualMachine vm = CreateRemovable(maxVcpus: 2);
        Vcpu vcpu = vm.AddVcpu(5);
        vm.AddVcpu(6);
        using var reading = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        Background reader = Background.Run(() =>
        {
            using ReadSection section = vm.EnterReadSection();
            Assert.True(vm.Vcpus.TryGet(new VcpuIndex(0), out _));
            reading.Set();
            Background.Wait(leave.WaitHandle);
            Assert.False(vm.Vcpus.TryGet(new VcpuIndex(0), out _));
        });
        Background.Wait(reading.WaitHandle);

        Background remover = Background.Run(() => Assert.Equal(None, vm.Vcpus.TryRemove(vcpu)));
        Background.Until(() => vm.Vcpus.Count == 1);
        // The machine is still full, and the id still taken: both are found while the reader is inside.
        Assert.Equal(EINVAL, Assert.Throws<KvmException>(() => vm.AddVcpu(5)).Errno);
        Assert.False(remover.IsDone);

        leave.Set();
        reader.Join();
        remover.Join();
        Assert.Equal(0, vm.AddVcpu(5).Index.Value);
    }

    [Fact]
    public void Inside_a_read_section_removal_is_refused()
    {
        using VirtualMachine vm = CreateRemovable();
        Vcpu vcpu = vm.AddVcpu();
        using (vm.EnterReadSection())
            Assert.Throws<InvalidOperationException>(() => vm.Vcpus.TryRemove(vcpu));

        Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
    }

    [Fact]
    public void What_a_removed_vcpu_counted_stays_counted()
    {
        using VirtualMachine vm = CreateRemovable();
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Memory.TryRead(At(0), out ulong _);
        vcpu.Memory.TryRead(At(100), out ulong _);
        (long faults, long fills, long mmio) = (vm.Counters.Faults, vm.Counters.TlbFills, vm.Counters.MmioAccesses);
        Assert.True(faults > 0 && fills > 0 && mmio > 0);

        vm.Vcpus.TryRemove(vcpu);

        Assert.Equal((faults, fills, mmio), (vm.Counters.Faults, vm.Counters.TlbFills, vm.Counters.MmioAccesses));
    }

    [Fact]
    public void A_removed_vcpus_memory_is_collected()
    {
        using VirtualMachine vm = CreateRemovable();
        WeakReference removed = AddAndRemove(vm);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(removed.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference AddAndRemove(VirtualMachine vm)
    {
        Vcpu vcpu = vm.AddVcpu();
        Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
        return new WeakReference(vcpu);
    }

    [Fact]
    public void Vcpus_that_come_and_go_for_ever_use_nothing_up()
    {
        using VirtualMachine vm = CreateRemovable(maxVcpus: 3);
        vm.AddVcpu(0);
        for (uint round = 1; round < 20_000; round++)
        {
            Vcpu vcpu = vm.AddVcpu(round % 4095 + 1);
            Assert.Equal(1, vcpu.Index.Value);
            Assert.Equal(None, vm.Vcpus.TryRemove(vcpu));
        }
        Assert.Equal([0], Indices(vm));
    }
}
