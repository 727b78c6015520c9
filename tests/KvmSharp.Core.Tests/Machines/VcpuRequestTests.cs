using System;
using System.Threading;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>Requests and kicks, and what of them a vCPU's owner sees.</summary>
public sealed class VcpuRequestTests : IDisposable
{
    static readonly VcpuRequest _event = VcpuRequest.Architectural(14);

    readonly AnonymousMemory _memory = AnonymousMemory.Create(8 * PG);

    public void Dispose() => _memory.Dispose();

    [Theory, EveryStore]
    public void A_kick_tells_a_vcpu_in_guest_mode_to_leave(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.Kick();
        Assert.True(vcpu.TryEnterGuest());
        Assert.Equal((VcpuMode.InGuestMode, false), (vcpu.Mode, vcpu.NeedsExit));

        vcpu.Kick();
        Assert.Equal((VcpuMode.ExitingGuestMode, true), (vcpu.Mode, vcpu.NeedsExit));

        vcpu.ExitGuest();
        Assert.Equal((VcpuMode.OutsideGuestMode, false), (vcpu.Mode, vcpu.NeedsExit));
    }

    [Theory, EveryStore]
    public void A_pending_request_aborts_entry_until_it_is_taken(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();

        Assert.False(vcpu.MakeRequest(_event));
        Assert.False(vcpu.TryEnterGuest());
        Assert.Equal(VcpuMode.OutsideGuestMode, vcpu.Mode);

        Assert.True(vcpu.HasRequest(_event));
        Assert.True(vcpu.TakeRequest(_event));
        Assert.False(vcpu.TakeRequest(_event));
        Assert.True(vcpu.TryEnterGuest());
        Assert.True(vcpu.MakeRequest(_event));
        Assert.True(vcpu.NeedsExit);
        vcpu.ExitGuest();
    }

    [Theory, EveryStore]
    public void A_waiting_vcpu_is_woken_by_a_request_and_by_a_kick(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        Action[] wakers = [() => vcpu.MakeRequest(VcpuRequest.Unblock), vcpu.Kick, () => vcpu.MakeRequest(_event)];
        foreach (Action wake in wakers)
        {
            bool woken = false;
            Background waiter = Background.Run(() => woken = vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
            Background.Until(() => vcpu.IsBlocked);
            wake();
            waiter.Join();
            Assert.True(woken);
            Assert.False(vcpu.IsBlocked);
            vcpu.TakeRequest(VcpuRequest.Unblock);
        }
    }

    [Theory, EveryStore]
    public void A_request_that_came_before_is_not_slept_through(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        vcpu.MakeRequest(_event);

        Assert.True(vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
        Assert.True(vcpu.TakeRequest(_event));
        Assert.False(vcpu.WaitForRequest(TimeSpan.FromMilliseconds(1)));
        Assert.False(vcpu.IsBlocked);
    }

    [Theory, EveryStore]
    public void A_flush_does_not_wake(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu vcpu = vm.AddVcpu();
        Background waiter = Background.Run(() => vcpu.WaitForRequest(Timeout.InfiniteTimeSpan));
        Background.Until(() => vcpu.IsBlocked && waiter.IsWaiting);

        Assert.False(vm.Vcpus.MakeRequest(VcpuRequest.TlbFlush));
        Assert.True(vcpu.IsBlocked);
        Assert.True(vcpu.HasRequest(VcpuRequest.TlbFlush));

        vcpu.Kick();
        waiter.Join();
    }

    [Theory]
    [EveryStore(false)]
    [EveryStore(true)]
    public void A_request_that_waits_returns_although_the_owner_never_comes_by(Store store, bool flush)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        Background owner = Background.Run(() =>
        {
            Assert.True(vcpu.TryEnterGuest());
            Assert.True(vcpu.Memory.TryRead<ulong>(At(0), out _));
            entered.Set();
            Background.Wait(leave.WaitHandle);
            Assert.True(vcpu.Memory.TryRead<ulong>(At(0), out _));
            vcpu.ExitGuest();
        });
        Background.Wait(entered.WaitHandle);
        long flushes = vm.Counters.TlbFlushes;

        Assert.True(vm.Vcpus.MakeRequest(flush ? VcpuRequest.TlbFlush : VcpuRequest.OutsideGuestMode));
        Assert.False(owner.IsDone);
        Assert.Equal(VcpuMode.InGuestMode, vcpu.Mode);

        leave.Set();
        owner.Join();
        Assert.Equal(flush ? flushes + 1 : flushes, vm.Counters.TlbFlushes);
        Assert.False(vcpu.NeedsExit);
    }

    [Theory, EveryStore]
    public void A_flush_is_served_by_the_next_access_or_entry(Store store)
    {
        using VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.Memory.TryRead<ulong>(At(0), out _));

        vm.Vcpus.MakeRequest(VcpuRequest.TlbFlush);
        Assert.True(vcpu.NeedsExit);
        Assert.True(vcpu.TryEnterGuest());
        Assert.False(vcpu.HasRequest(VcpuRequest.TlbFlush));
        vm.Vcpus.MakeRequest(VcpuRequest.TlbFlush);
        Assert.True(vcpu.Memory.TryRead<ulong>(At(0), out _));
        Assert.False(vcpu.NeedsExit);
        vcpu.ExitGuest();

        Assert.Equal(2, vm.Counters.TlbFlushes);
    }

    [Theory, EveryStore]
    public void A_request_to_all_leaves_one_out(Store store)
    {
        using VirtualMachine vm = Create(store);
        Vcpu first = vm.AddVcpu(0);
        Vcpu second = vm.AddVcpu(1);

        Assert.False(vm.Vcpus.MakeRequest(_event, except: first));

        Assert.False(first.HasRequest(_event));
        Assert.True(second.HasRequest(_event));
    }

    [Theory, EveryStore]
    public void A_dead_machine_lets_no_vcpu_in_and_gives_no_memory(Store store)
    {
        VirtualMachine vm = Create(store);
        vm.Put(0, 0, _memory, pages: 8);
        Vcpu vcpu = vm.AddVcpu();
        Assert.True(vcpu.TryEnterGuest());
        Assert.True(vcpu.Memory.TryRead<ulong>(At(0), out _));

        vm.Dispose();

        Assert.True(vcpu.NeedsExit);
        Assert.False(vcpu.Memory.TryRead<ulong>(At(0), out _));
        Assert.Equal(GuestAccessKind.MachineDead, vcpu.Memory.Fault.Kind);
        Assert.False(vcpu.Memory.TryAdd(At(0), 1UL, out _));
        Assert.Equal(GuestAccessKind.MachineDead, vcpu.Memory.Fault.Kind);
        Assert.Equal(ulong.MaxValue, vcpu.Memory.Read<ulong>(At(0)));
        vcpu.ExitGuest();
        Assert.True(vcpu.TakeRequest(VcpuRequest.MachineDead));
        Assert.False(vcpu.TryEnterGuest());
        Assert.False(vm.Memory.TryRead<ulong>(At(0), out _));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(62)]
    [InlineData(-1)]
    public void Only_the_architectures_own_numbers_are_given_out(int number) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VcpuRequest.Architectural(number));
}
