using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

/// <summary>Alone, because the list of listeners belongs to the whole process.</summary>
[CollectionDefinition(nameof(HostInvalidationTests), DisableParallelization = true)]
[Collection(nameof(HostInvalidationTests))]
public sealed class HostInvalidationTests
{
    // No memory is there; nothing touches it.
    static readonly HvaRange _range = new(new Hva(0x10_0000), Page.Size);

    [Fact]
    public void A_change_lies_between_begin_and_end()
    {
        string state = "old";
        using RecordingListener listener = new(_range) { Observe = () => state };

        using (HostInvalidation.Begin(_range))
            state = "new";

        Assert.Equal([$"begin {_range} old", $"end {_range} new"], listener.Events);
    }

    [Fact]
    public void A_listener_that_leaves_meanwhile_is_still_told_the_end()
    {
        RecordingListener listener = new(_range);

        using (HostInvalidation.Begin(_range))
            listener.Dispose();
        HostInvalidation.Begin(_range).Dispose();

        Assert.Equal([$"begin {_range}", $"end {_range}"], listener.Events);
    }

    [Fact]
    public void A_listener_waits_for_the_invalidations_that_began_without_it()
    {
        using ManualResetEventSlim subscribed = new();
        int before = HostInvalidation.SubscriberCountForTests;
        RecordingListener? late = null;
        Thread thread = new(() =>
        {
            late = new RecordingListener(_range);
            subscribed.Set();
        });

        using (HostInvalidation.Begin(_range))
        {
            thread.Start();
            SpinWait.SpinUntil(() => HostInvalidation.SubscriberCountForTests > before);
            Assert.False(subscribed.IsSet);
        }
        thread.Join();

        Assert.Empty(late!.Events);
        late.Dispose();
    }

    [Fact]
    public void Subscribing_inside_an_invalidation_is_refused_rather_than_waiting_for_itself()
    {
        using HostInvalidationScope scope = HostInvalidation.Begin(_range);

        Assert.Throws<InvalidOperationException>(() => new RecordingListener(_range));
    }

    [Fact]
    public void Subscribing_twice_is_as_good_as_once()
    {
        using RecordingListener listener = new(_range);
        HostInvalidation.Subscribe(listener);

        HostInvalidation.Begin(_range).Dispose();

        Assert.Equal(2, listener.Events.Count);
    }

    [Fact]
    public void A_listener_that_throws_refuses_the_change_and_the_others_are_told_the_end()
    {
        using RecordingListener first = new(_range);
        ThrowingListener second = new() { ThrowsAtBegin = true };
        HostInvalidation.Subscribe(second);
        using RecordingListener third = new(_range);

        Assert.Throws<TimeoutException>(() => HostInvalidation.Begin(_range));
        HostInvalidation.Unsubscribe(second);

        Assert.Equal([$"begin {_range}", $"end {_range}"], first.Events);
        Assert.Empty(third.Events);
        using RecordingListener after = new(_range);
    }

    [Fact]
    public void A_listener_that_throws_at_the_end_does_not_keep_it_from_the_others()
    {
        using RecordingListener first = new(_range);
        ThrowingListener second = new();
        HostInvalidation.Subscribe(second);

        Assert.Throws<TimeoutException>(() => HostInvalidation.Begin(_range).Dispose());
        HostInvalidation.Unsubscribe(second);

        Assert.Equal([$"begin {_range}", $"end {_range}"], first.Events);
    }

    [Fact]
    public void A_forgotten_listener_is_collected_and_pruned_by_the_next()
    {
        int before = HostInvalidation.SubscriberCountForTests;
        WeakReference forgotten = SubscribeAndForget();
        Assert.Equal(before + 1, HostInvalidation.SubscriberCountForTests);

        GC.Collect();
        HostInvalidation.Begin(_range).Dispose();
        using RecordingListener next = new(_range);

        Assert.False(forgotten.IsAlive);
        Assert.InRange(HostInvalidation.SubscriberCountForTests, 1, before + 1);
    }

    [Fact]
    public void An_invalidation_allocates_nothing()
    {
        ThrowingListener quiet = new() { IsQuiet = true };
        HostInvalidation.Subscribe(quiet);
        using AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        using SharedMemory shared = SharedMemory.Create(Page.Size);
        using SharedMemory alias = shared.MapAgain();
        memory.Discard(0, Page.Size);
        shared.Discard(0, Page.Size);
        long before = GC.GetAllocatedBytesForCurrentThread();

        memory.Discard(0, Page.Size);
        shared.Discard(0, Page.Size);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        HostInvalidation.Unsubscribe(quiet);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference SubscribeAndForget() => new(new RecordingListener(_range));

    sealed class ThrowingListener : IHostInvalidationListener
    {
        internal bool ThrowsAtBegin { get; init; }

        internal bool IsQuiet { get; init; }

        public void BeginInvalidation(HvaRange range)
        {
            if (ThrowsAtBegin)
                throw new TimeoutException();
        }

        public void EndInvalidation(HvaRange range)
        {
            if (!IsQuiet)
                throw new TimeoutException();
        }
    }
}
