using System;
using System.Linq;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.Tests.Machines;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.Tests.HyperV;

/// <summary>What a flush promises: that on return no target uses what it had; and what the targets find to flush.</summary>
public sealed class GuestTlbFlushTests
{
    // Times that the call has to find its target still running before the test believes that it waits. It gives its core
    // up each time, which on a busy host takes a while.
    const int Rounds = 20;

    static HypercallInput Space => HypercallInput.Of(FlushVirtualAddressSpace);

    static HypercallInput List(int count) => HypercallInput.Of(FlushVirtualAddressList, repCount: count);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_flush_returns_when_a_target_in_guest_mode_has_left_or_taken_it(bool leaves)
    {
        using var guest = new HyperVGuest(2);
        Vcpu target = guest.VcpuAt(1);
        int rounds = 0;
        guest.Vm.HyperV.TestHookFlushAwaited = awaited =>
        {
            Assert.Same(target, awaited);
            Interlocked.Increment(ref rounds);
        };
        Assert.True(target.TryEnterGuest());

        Background caller = Background.Run(() => guest.Call(Space, 0, 0, 0b10));
        Background.Until(() => Volatile.Read(ref rounds) > Rounds);
        Assert.False(caller.IsDone);
        Assert.True(target.NeedsExit);

        // An access is no answer: what it was made with is the owner's.
        Assert.True(target.Memory.TryRead(new(0), out ulong _));
        int seen = Volatile.Read(ref rounds);
        Background.Until(() => Volatile.Read(ref rounds) > seen + Rounds);
        Assert.False(caller.IsDone);

        if (leaves)
        {
            target.ExitGuest();
            caller.Join();
            Assert.False(target.TryEnterGuest());
            Assert.Equal([1], guest.TakeFlushed());
        }
        else
        {
            Assert.Equal([1], guest.TakeFlushed());
            caller.Join();
            Assert.False(target.NeedsExit);
            target.ExitGuest();
        }
        Assert.True(target.TryEnterGuest());
        target.ExitGuest();
    }

    [Fact]
    public void An_access_that_leaves_guest_mode_for_a_device_is_no_answer()
    {
        using var guest = new HyperVGuest(2);
        Vcpu target = guest.VcpuAt(1);
        int rounds = 0;
        guest.Vm.HyperV.TestHookFlushAwaited = _ => Interlocked.Increment(ref rounds);
        Background? caller = null;
        var device = new CallingDevice(() =>
        {
            Assert.Equal(VcpuMode.OutsideGuestMode, target.Mode);
            caller = Background.Run(() => guest.Call(Space, 0, 0, 0b10));
            Background.Until(() => Volatile.Read(ref rounds) > Rounds);
        });
        target.Memory.Device = device;
        Assert.True(target.TryEnterGuest());

        target.Memory.Read<ulong>(Machine.At(0x1000));
        int seen = Volatile.Read(ref rounds);
        Background.Until(() => Volatile.Read(ref rounds) > seen);
        Assert.False(caller!.IsDone);

        target.ExitGuest();
        caller.Join();
    }

    sealed class CallingDevice(Action read) : IMmioDevice
    {
        public void Read(Gpa gpa, Span<byte> data) => read();

        public void Write(Gpa gpa, ReadOnlySpan<byte> data)
        {
        }
    }

    [Fact]
    public void Two_vcpus_flush_each_other()
    {
        const int Flushes = 500;
        using var guest = new HyperVGuest(2);
        using var together = new Barrier(2);
        void Run(int self)
        {
            Vcpu vcpu = guest.VcpuAt(self);
            var ranges = new GvaRange[HyperVVcpu.MaxRanges];
            // Fast, as both would write the one block.
            HypercallInput input = HypercallInput.Of(FlushVirtualAddressSpace, fast: true);
            together.SignalAndWait();
            for (int flush = 0; flush < Flushes; flush++)
            {
                while (!vcpu.TryEnterGuest())
                    vcpu.HyperV.TakeGuestTlbFlush(ranges, out _);
                vcpu.ExitGuest();
                ulong[] xmm = new ulong[HypercallRegisters.XmmHalves];
                vcpu.HyperV.Hypercall(new HypercallRegisters(input, 0, 0, xmm), out HypercallResult result);
                Assert.Equal(HypercallStatus.Success, result.Status);
            }
        }

        Background other = Background.Run(() => Run(1));
        Run(0);
        other.Join();
    }

    [Fact]
    public void The_caller_flushes_too_before_it_goes_on()
    {
        using var guest = new HyperVGuest(1);
        guest.Call(Space, 0, 0, 0b1);
        Assert.False(guest.Caller.TryEnterGuest());
        Assert.Equal([0], guest.TakeFlushed());
        Assert.True(guest.Caller.TryEnterGuest());
        guest.Caller.ExitGuest();
    }

    [Fact]
    public void A_vcpu_of_the_same_thread_is_not_waited_for()
    {
        using var guest = new HyperVGuest(2);
        Assert.True(guest.VcpuAt(1).TryEnterGuest());
        guest.Call(Space, 0, 0, 0b10);
        Assert.True(guest.VcpuAt(1).NeedsExit);
        guest.VcpuAt(1).ExitGuest();
    }

    [Fact]
    public void A_blocked_vcpu_is_left_asleep()
    {
        using var guest = new HyperVGuest(2);
        Vcpu target = guest.VcpuAt(1);
        Background waiter = Background.Run(() => target.WaitForRequest(Timeout.InfiniteTimeSpan));
        Background.Until(() => target.IsBlocked && waiter.IsWaiting);
        guest.Call(Space, 0, 0, 0b10);
        Assert.True(target.IsBlocked);
        target.Kick();
        waiter.Join();
        Assert.Equal([1], guest.TakeFlushed());
    }

    [Fact]
    public void A_machine_that_dies_ends_the_wait()
    {
        using var guest = new HyperVGuest(2);
        Vcpu target = guest.VcpuAt(1);
        int rounds = 0;
        guest.Vm.HyperV.TestHookFlushAwaited = _ => Interlocked.Increment(ref rounds);
        Assert.True(target.TryEnterGuest());
        Background caller = Background.Run(() => guest.Call(Space, 0, 0, 0b10));
        Background.Until(() => Volatile.Read(ref rounds) > 0);
        guest.Vm.Dispose();
        caller.Join();
        target.ExitGuest();
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public void A_list_that_leaves_a_place_free_is_kept(int count, bool isKept)
    {
        using var guest = new HyperVGuest(2);
        guest.Call(List(count), [0, 0, 0b10, .. Enumerable.Range(1, count).Select(page => (ulong)page << 12)]);
        (int _, GuestTlbFlush kind, GvaRange[] ranges) = guest.AllFlushes().Last();
        Assert.Equal(isKept ? GuestTlbFlush.Ranges : GuestTlbFlush.Everything, kind);
        Assert.Equal(isKept ? count : 0, ranges.Length);
    }

    [Fact]
    public void Lists_gather_until_they_do_not_fit()
    {
        using var guest = new HyperVGuest(2);
        ulong[] seven = [0, 0, 0b10, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000];
        guest.Call(List(7), seven);
        guest.Call(List(7), seven);
        Assert.Equal(14, guest.AllFlushes().Last().Ranges.Length);

        guest.Call(List(7), seven);
        guest.Call(List(7), seven);
        // Sixteen would fit without the place that is kept free.
        guest.Call(List(2), 0, 0, 0b10, 0x8000, 0x9000);
        Assert.Equal(GuestTlbFlush.Everything, guest.AllFlushes().Last().Kind);
        Assert.Equal(GuestTlbFlush.None, guest.AllFlushes().Last().Kind);
    }

    [Fact]
    public void A_full_queue_says_everything()
    {
        using var guest = new HyperVGuest(2);
        guest.Call(List(15), [0, 0, 0b10, .. new ulong[15]]);
        for (int more = 0; more < 3; more++)
            guest.Call(List(1), 0, 0, 0b10, 0x1000);
        Assert.Equal(GuestTlbFlush.Everything, guest.AllFlushes().Last().Kind);
    }

    [Fact]
    public void A_list_too_long_to_keep_is_not_read()
    {
        using var guest = new HyperVGuest(2);
        // Ends where memory ends: the list would lie beyond.
        ulong end = (4 * HyperVGuest.Block) - (3 * sizeof(ulong));
        Assert.Equal(0x11UL << 32, guest.CallAt(List(17), end));
        Assert.Equal([0, 1], guest.TakeFlushed());
        Assert.Equal(3UL, guest.CallAt(List(16), end));
        Assert.Empty(guest.TakeFlushed());
    }

    [Fact]
    public void A_list_follows_the_banks_though_all_are_meant()
    {
        using var guest = new HyperVGuest(2);
        var input = HypercallInput.Of(FlushVirtualAddressListEx, variableHeaderWords: 2, repCount: 1);
        guest.Call(input, 0, 0, 1, 0b11, 0xBAD_1000, 0xBAD_2000, 0x3001);
        Assert.All(guest.AllFlushes(), flush => Assert.Equal([new GvaRange(0x3001)], flush.Ranges));

        var fast = HypercallInput.Of(FlushVirtualAddressListEx, fast: true, variableHeaderWords: 2, repCount: 1);
        guest.CallFast(fast, 0, 0, 1, 0b11, 0xBAD_1000, 0xBAD_2000, 0x4001);
        Assert.All(guest.AllFlushes(), flush => Assert.Equal([new GvaRange(0x4001)], flush.Ranges));
    }

    [Fact]
    public void Before_Linux_6_2_a_list_is_flushed_with_everything_else()
    {
        using var guest = new HyperVGuest(2, new HyperVOptions { FlushesAddressLists = false });
        ulong end = (4 * HyperVGuest.Block) - (3 * sizeof(ulong));
        Assert.Equal(0x1UL << 32, guest.CallAt(List(1), end));
        Assert.True(guest.VcpuAt(1).HasRequest(HyperVRequests.TlbFlushGuest));
        Assert.False(guest.VcpuAt(1).HasRequest(HyperVRequests.TlbFlush));
        Assert.All(guest.AllFlushes(), flush => Assert.Equal(GuestTlbFlush.Everything, flush.Kind));
    }

    [Fact]
    public void A_flush_of_everything_empties_the_queue()
    {
        using var guest = new HyperVGuest(1);
        guest.Call(List(1), 0, 0, 0, 0x1000);
        guest.Caller.MakeRequest(HyperVRequests.TlbFlushGuest);
        Assert.Equal(GuestTlbFlush.Everything, guest.AllFlushes().Last().Kind);
        guest.Caller.MakeRequest(HyperVRequests.TlbFlush);
        Assert.Equal(GuestTlbFlush.None, guest.AllFlushes().Last().Kind);
    }

    [Fact]
    public void A_range_counts_pages_beyond_the_first()
    {
        var range = new GvaRange(0xFFFF_8000_1234_5FFF);
        Assert.Equal((0xFFFF_8000_1234_5000, 4096), (range.Start, range.PageCount));
    }
}
